"""What fit asks of a programme: R&D only or not, which countries, and conditions in words."""

import django.core.validators
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('funders', '0018_contacts_and_logos'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='programme',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='programme',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='programme',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='programme',
            name='conditions',
            field=models.CharField(blank=True, help_text='What else an applicant must be or have, in a few words.', max_length=300, verbose_name='on what condition'),
        ),
        migrations.AddField(
            model_name='programme',
            name='countries',
            field=models.CharField(blank=True, help_text='“any”, or codes of countries such as DE AT. Empty: not known.', max_length=200, validators=[django.core.validators.RegexValidator('^(any|[A-Z]{2}( [A-Z]{2})*)?$', 'Write “any”, or codes of countries such as DE AT.')], verbose_name='countries whose applicants it takes'),
        ),
        migrations.AddField(
            model_name='programme',
            name='research_only',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('partly', 'partly'), ('unknown', 'not known')], default='unknown', help_text='Partly: research and development must come first.', max_length=7, verbose_name='pays research and development only'),
        ),
        migrations.AddField(
            model_name='programmeevent',
            name='conditions',
            field=models.CharField(blank=True, help_text='What else an applicant must be or have, in a few words.', max_length=300, verbose_name='on what condition'),
        ),
        migrations.AddField(
            model_name='programmeevent',
            name='countries',
            field=models.CharField(blank=True, help_text='“any”, or codes of countries such as DE AT. Empty: not known.', max_length=200, validators=[django.core.validators.RegexValidator('^(any|[A-Z]{2}( [A-Z]{2})*)?$', 'Write “any”, or codes of countries such as DE AT.')], verbose_name='countries whose applicants it takes'),
        ),
        migrations.AddField(
            model_name='programmeevent',
            name='research_only',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('partly', 'partly'), ('unknown', 'not known')], default='unknown', help_text='Partly: research and development must come first.', max_length=7, verbose_name='pays research and development only'),
        ),
        migrations.AlterField(
            model_name='programme',
            name='awards_allowed',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='awards to one applicant'),
        ),
        migrations.AlterField(
            model_name='programme',
            name='grant_max_minor',
            field=models.BigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='largest grant, in minor units'),
        ),
        migrations.AlterField(
            model_name='programme',
            name='grant_min_minor',
            field=models.BigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='smallest grant, in minor units'),
        ),
        migrations.AlterField(
            model_name='programme',
            name='pays_features',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('partly', 'partly'), ('unknown', 'not known')], default='unknown', max_length=7, verbose_name='pays features'),
        ),
        migrations.AlterField(
            model_name='programme',
            name='pays_maintenance',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('partly', 'partly'), ('unknown', 'not known')], default='unknown', max_length=7, verbose_name='pays maintenance'),
        ),
        migrations.AlterField(
            model_name='programme',
            name='recurring',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('partly', 'partly'), ('unknown', 'not known')], default='unknown', max_length=7, verbose_name='recurring'),
        ),
        migrations.AlterField(
            model_name='programme',
            name='yearly_budget_minor',
            field=models.BigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='yearly budget, in minor units'),
        ),
        migrations.AlterField(
            model_name='programmeevent',
            name='awards_allowed',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='awards to one applicant'),
        ),
        migrations.AlterField(
            model_name='programmeevent',
            name='grant_max_minor',
            field=models.BigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='largest grant, in minor units'),
        ),
        migrations.AlterField(
            model_name='programmeevent',
            name='grant_min_minor',
            field=models.BigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='smallest grant, in minor units'),
        ),
        migrations.AlterField(
            model_name='programmeevent',
            name='pays_features',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('partly', 'partly'), ('unknown', 'not known')], default='unknown', max_length=7, verbose_name='pays features'),
        ),
        migrations.AlterField(
            model_name='programmeevent',
            name='pays_maintenance',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('partly', 'partly'), ('unknown', 'not known')], default='unknown', max_length=7, verbose_name='pays maintenance'),
        ),
        migrations.AlterField(
            model_name='programmeevent',
            name='recurring',
            field=models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('partly', 'partly'), ('unknown', 'not known')], default='unknown', max_length=7, verbose_name='recurring'),
        ),
        migrations.AlterField(
            model_name='programmeevent',
            name='yearly_budget_minor',
            field=models.BigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='yearly budget, in minor units'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='programme',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "funders_programmeevent" ("awards_allowed", "checked_on", "closes_on", "conditions", "countries", "currency", "eligible", "funder_id", "grant_max_minor", "grant_min_minor", "id", "name", "notes", "opens_on", "pays_features", "pays_maintenance", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recurring", "region", "research_only", "slug", "source_url", "yearly_budget_minor") VALUES (NEW."awards_allowed", NEW."checked_on", NEW."closes_on", NEW."conditions", NEW."countries", NEW."currency", NEW."eligible", NEW."funder_id", NEW."grant_max_minor", NEW."grant_min_minor", NEW."id", NEW."name", NEW."notes", NEW."opens_on", NEW."pays_features", NEW."pays_maintenance", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recurring", NEW."region", NEW."research_only", NEW."slug", NEW."source_url", NEW."yearly_budget_minor"); RETURN NULL;', hash='5803286e30a6cb90b681dfb34063c98a0a682304', operation='INSERT', pgid='pgtrigger_insert_insert_1169c', table='funders_programme', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='programme',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "funders_programmeevent" ("awards_allowed", "checked_on", "closes_on", "conditions", "countries", "currency", "eligible", "funder_id", "grant_max_minor", "grant_min_minor", "id", "name", "notes", "opens_on", "pays_features", "pays_maintenance", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recurring", "region", "research_only", "slug", "source_url", "yearly_budget_minor") VALUES (NEW."awards_allowed", NEW."checked_on", NEW."closes_on", NEW."conditions", NEW."countries", NEW."currency", NEW."eligible", NEW."funder_id", NEW."grant_max_minor", NEW."grant_min_minor", NEW."id", NEW."name", NEW."notes", NEW."opens_on", NEW."pays_features", NEW."pays_maintenance", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recurring", NEW."region", NEW."research_only", NEW."slug", NEW."source_url", NEW."yearly_budget_minor"); RETURN NULL;', hash='f40dd7d8fb11378ea67ef8426b921e90b460ae87', operation='UPDATE', pgid='pgtrigger_update_update_124b8', table='funders_programme', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='programme',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "funders_programmeevent" ("awards_allowed", "checked_on", "closes_on", "conditions", "countries", "currency", "eligible", "funder_id", "grant_max_minor", "grant_min_minor", "id", "name", "notes", "opens_on", "pays_features", "pays_maintenance", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recurring", "region", "research_only", "slug", "source_url", "yearly_budget_minor") VALUES (OLD."awards_allowed", OLD."checked_on", OLD."closes_on", OLD."conditions", OLD."countries", OLD."currency", OLD."eligible", OLD."funder_id", OLD."grant_max_minor", OLD."grant_min_minor", OLD."id", OLD."name", OLD."notes", OLD."opens_on", OLD."pays_features", OLD."pays_maintenance", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."recurring", OLD."region", OLD."research_only", OLD."slug", OLD."source_url", OLD."yearly_budget_minor"); RETURN NULL;', hash='7285915f3912eefd8ec29f6e2e823ca78e9c57a4', operation='DELETE', pgid='pgtrigger_delete_delete_61db4', table='funders_programme', when='AFTER')),
        ),
    ]
