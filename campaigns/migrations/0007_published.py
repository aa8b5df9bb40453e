"""When a campaign and an update are public, and which form made them."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0006_history'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='update',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='update',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='update',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='campaign',
            name='key',
            field=models.UUIDField(editable=False, help_text='Of the form that made it.', null=True, unique=True),
        ),
        migrations.AddField(
            model_name='campaign',
            name='publish_at',
            field=models.DateTimeField(blank=True, help_text='Empty: at once.', null=True, verbose_name='public from'),
        ),
        migrations.AddField(
            model_name='campaignevent',
            name='publish_at',
            field=models.DateTimeField(blank=True, help_text='Empty: at once.', null=True, verbose_name='public from'),
        ),
        migrations.AddField(
            model_name='update',
            name='changed_on',
            field=models.DateField(editable=False, null=True, verbose_name='changed'),
        ),
        migrations.AddField(
            model_name='update',
            name='is_public',
            field=models.BooleanField(default=True, verbose_name='is public'),
        ),
        migrations.AddField(
            model_name='update',
            name='key',
            field=models.UUIDField(editable=False, help_text='Of the form that made it.', null=True, unique=True),
        ),
        migrations.AddField(
            model_name='update',
            name='publish_at',
            field=models.DateTimeField(blank=True, help_text='Empty: at once.', null=True, verbose_name='public from'),
        ),
        migrations.AddField(
            model_name='updateevent',
            name='changed_on',
            field=models.DateField(editable=False, null=True, verbose_name='changed'),
        ),
        migrations.AddField(
            model_name='updateevent',
            name='is_public',
            field=models.BooleanField(default=True, verbose_name='is public'),
        ),
        migrations.AddField(
            model_name='updateevent',
            name='publish_at',
            field=models.DateTimeField(blank=True, help_text='Empty: at once.', null=True, verbose_name='public from'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_campaignevent" ("about", "counts_earlier", "currency", "ends_on", "give_links", "id", "is_public", "mode", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_id", "publish_at", "purposes", "restated_every_days", "slug", "source_url", "starts_on", "summary", "target_minor") VALUES (NEW."about", NEW."counts_earlier", NEW."currency", NEW."ends_on", NEW."give_links", NEW."id", NEW."is_public", NEW."mode", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."project_id", NEW."publish_at", NEW."purposes", NEW."restated_every_days", NEW."slug", NEW."source_url", NEW."starts_on", NEW."summary", NEW."target_minor"); RETURN NULL;', hash='0d7cf62e5ca63335f575341fd61bab2ff4968ac7', operation='INSERT', pgid='pgtrigger_insert_insert_5522d', table='campaigns_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."about" IS DISTINCT FROM (NEW."about") OR OLD."counts_earlier" IS DISTINCT FROM (NEW."counts_earlier") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."ends_on" IS DISTINCT FROM (NEW."ends_on") OR OLD."give_links" IS DISTINCT FROM (NEW."give_links") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_public" IS DISTINCT FROM (NEW."is_public") OR OLD."mode" IS DISTINCT FROM (NEW."mode") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."project_id" IS DISTINCT FROM (NEW."project_id") OR OLD."publish_at" IS DISTINCT FROM (NEW."publish_at") OR OLD."purposes" IS DISTINCT FROM (NEW."purposes") OR OLD."restated_every_days" IS DISTINCT FROM (NEW."restated_every_days") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."source_url" IS DISTINCT FROM (NEW."source_url") OR OLD."starts_on" IS DISTINCT FROM (NEW."starts_on") OR OLD."summary" IS DISTINCT FROM (NEW."summary") OR OLD."target_minor" IS DISTINCT FROM (NEW."target_minor"))', func='INSERT INTO "campaigns_campaignevent" ("about", "counts_earlier", "currency", "ends_on", "give_links", "id", "is_public", "mode", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_id", "publish_at", "purposes", "restated_every_days", "slug", "source_url", "starts_on", "summary", "target_minor") VALUES (NEW."about", NEW."counts_earlier", NEW."currency", NEW."ends_on", NEW."give_links", NEW."id", NEW."is_public", NEW."mode", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."project_id", NEW."publish_at", NEW."purposes", NEW."restated_every_days", NEW."slug", NEW."source_url", NEW."starts_on", NEW."summary", NEW."target_minor"); RETURN NULL;', hash='2a62cf7e1ef3943c21b9768b4a3805b609ee7675', operation='UPDATE', pgid='pgtrigger_update_update_f2afa', table='campaigns_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_campaignevent" ("about", "counts_earlier", "currency", "ends_on", "give_links", "id", "is_public", "mode", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_id", "publish_at", "purposes", "restated_every_days", "slug", "source_url", "starts_on", "summary", "target_minor") VALUES (OLD."about", OLD."counts_earlier", OLD."currency", OLD."ends_on", OLD."give_links", OLD."id", OLD."is_public", OLD."mode", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."project_id", OLD."publish_at", OLD."purposes", OLD."restated_every_days", OLD."slug", OLD."source_url", OLD."starts_on", OLD."summary", OLD."target_minor"); RETURN NULL;', hash='7e3294ad961005b99f3b9a9e738bf2c8e45602eb', operation='DELETE', pgid='pgtrigger_delete_delete_4123f', table='campaigns_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='update',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_updateevent" ("body", "campaign_id", "changed_on", "id", "is_public", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "publish_at", "published_on", "source_url", "title") VALUES (NEW."body", NEW."campaign_id", NEW."changed_on", NEW."id", NEW."is_public", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."publish_at", NEW."published_on", NEW."source_url", NEW."title"); RETURN NULL;', hash='ebdb38141d984a5baff6968997ea758ab9222e5e', operation='INSERT', pgid='pgtrigger_insert_insert_694d8', table='campaigns_update', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='update',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."body" IS DISTINCT FROM (NEW."body") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."changed_on" IS DISTINCT FROM (NEW."changed_on") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_public" IS DISTINCT FROM (NEW."is_public") OR OLD."publish_at" IS DISTINCT FROM (NEW."publish_at") OR OLD."published_on" IS DISTINCT FROM (NEW."published_on") OR OLD."source_url" IS DISTINCT FROM (NEW."source_url") OR OLD."title" IS DISTINCT FROM (NEW."title"))', func='INSERT INTO "campaigns_updateevent" ("body", "campaign_id", "changed_on", "id", "is_public", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "publish_at", "published_on", "source_url", "title") VALUES (NEW."body", NEW."campaign_id", NEW."changed_on", NEW."id", NEW."is_public", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."publish_at", NEW."published_on", NEW."source_url", NEW."title"); RETURN NULL;', hash='444ec6a138aa3884092c1756b08183c0e21c73e4', operation='UPDATE', pgid='pgtrigger_update_update_c5822', table='campaigns_update', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='update',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_updateevent" ("body", "campaign_id", "changed_on", "id", "is_public", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "publish_at", "published_on", "source_url", "title") VALUES (OLD."body", OLD."campaign_id", OLD."changed_on", OLD."id", OLD."is_public", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."publish_at", OLD."published_on", OLD."source_url", OLD."title"); RETURN NULL;', hash='94302436244d0b788b9d0cd9c379bb139105a1e5', operation='DELETE', pgid='pgtrigger_delete_delete_e20ba', table='campaigns_update', when='AFTER')),
        ),
    ]
