"""Where a project is based: some programmes pay in some countries only."""

import django.core.validators
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0004_history'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='project',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='project',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='project',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='project',
            name='country',
            field=models.CharField(blank=True, help_text='A code such as DE. Some programmes pay in some countries only. Empty: not known.', max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}$', 'Write the code of a country, such as DE.')], verbose_name='country where it is based'),
        ),
        migrations.AddField(
            model_name='projectevent',
            name='country',
            field=models.CharField(blank=True, help_text='A code such as DE. Some programmes pay in some countries only. Empty: not known.', max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}$', 'Write the code of a country, such as DE.')], verbose_name='country where it is based'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='project',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "projects_projectevent" ("country", "id", "is_public", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "repository_url", "slug", "summary", "url") VALUES (NEW."country", NEW."id", NEW."is_public", NEW."name", NEW."parent_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."repository_url", NEW."slug", NEW."summary", NEW."url"); RETURN NULL;', hash='d81b8f3c6869e2b0cd9a671b79214772e837f8c9', operation='INSERT', pgid='pgtrigger_insert_insert_2e147', table='projects_project', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='project',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "projects_projectevent" ("country", "id", "is_public", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "repository_url", "slug", "summary", "url") VALUES (NEW."country", NEW."id", NEW."is_public", NEW."name", NEW."parent_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."repository_url", NEW."slug", NEW."summary", NEW."url"); RETURN NULL;', hash='f8f59d765290d6425023d07b5b567801de2118dd', operation='UPDATE', pgid='pgtrigger_update_update_804c3', table='projects_project', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='project',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "projects_projectevent" ("country", "id", "is_public", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "repository_url", "slug", "summary", "url") VALUES (OLD."country", OLD."id", OLD."is_public", OLD."name", OLD."parent_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."repository_url", OLD."slug", OLD."summary", OLD."url"); RETURN NULL;', hash='e092348035f1fcb57ec44650d79bf86a773327cf', operation='DELETE', pgid='pgtrigger_delete_delete_2192f', table='projects_project', when='AFTER')),
        ),
    ]
