"""When a source's secrets were put in, for its history: never what they are."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('funders', '0011_imports'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='source',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='source',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='source',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='source',
            name='hook_secret_set_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='webhook secret put in'),
        ),
        migrations.AddField(
            model_name='source',
            name='token_set_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='token put in'),
        ),
        migrations.AddField(
            model_name='sourceevent',
            name='hook_secret_set_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='webhook secret put in'),
        ),
        migrations.AddField(
            model_name='sourceevent',
            name='token_set_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='token put in'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "funders_sourceevent" ("account", "active", "aggregators", "base_url", "every_minutes", "evidence_url", "hook_secret_set_at", "id", "is_sandbox", "kind", "name", "options", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "slug", "time_zone", "token_set_at") VALUES (NEW."account", NEW."active", NEW."aggregators", NEW."base_url", NEW."every_minutes", NEW."evidence_url", NEW."hook_secret_set_at", NEW."id", NEW."is_sandbox", NEW."kind", NEW."name", NEW."options", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."rank", NEW."slug", NEW."time_zone", NEW."token_set_at"); RETURN NULL;', hash='5b177e021b64a18050ae9ea0b10f72d9a8e221d0', operation='INSERT', pgid='pgtrigger_insert_insert_90be0', table='funders_source', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."account" IS DISTINCT FROM (NEW."account") OR OLD."active" IS DISTINCT FROM (NEW."active") OR OLD."aggregators" IS DISTINCT FROM (NEW."aggregators") OR OLD."base_url" IS DISTINCT FROM (NEW."base_url") OR OLD."every_minutes" IS DISTINCT FROM (NEW."every_minutes") OR OLD."evidence_url" IS DISTINCT FROM (NEW."evidence_url") OR OLD."hook_secret_set_at" IS DISTINCT FROM (NEW."hook_secret_set_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_sandbox" IS DISTINCT FROM (NEW."is_sandbox") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."options" IS DISTINCT FROM (NEW."options") OR OLD."rank" IS DISTINCT FROM (NEW."rank") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."time_zone" IS DISTINCT FROM (NEW."time_zone") OR OLD."token_set_at" IS DISTINCT FROM (NEW."token_set_at"))', func='INSERT INTO "funders_sourceevent" ("account", "active", "aggregators", "base_url", "every_minutes", "evidence_url", "hook_secret_set_at", "id", "is_sandbox", "kind", "name", "options", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "slug", "time_zone", "token_set_at") VALUES (NEW."account", NEW."active", NEW."aggregators", NEW."base_url", NEW."every_minutes", NEW."evidence_url", NEW."hook_secret_set_at", NEW."id", NEW."is_sandbox", NEW."kind", NEW."name", NEW."options", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."rank", NEW."slug", NEW."time_zone", NEW."token_set_at"); RETURN NULL;', hash='66af944c1eaab9f4a87da4b9c0f0a10a9b07687e', operation='UPDATE', pgid='pgtrigger_update_update_be388', table='funders_source', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='source',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "funders_sourceevent" ("account", "active", "aggregators", "base_url", "every_minutes", "evidence_url", "hook_secret_set_at", "id", "is_sandbox", "kind", "name", "options", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "slug", "time_zone", "token_set_at") VALUES (OLD."account", OLD."active", OLD."aggregators", OLD."base_url", OLD."every_minutes", OLD."evidence_url", OLD."hook_secret_set_at", OLD."id", OLD."is_sandbox", OLD."kind", OLD."name", OLD."options", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."rank", OLD."slug", OLD."time_zone", OLD."token_set_at"); RETURN NULL;', hash='a7aab1e32455f33b5729f30ff00e069d3d13bb83', operation='DELETE', pgid='pgtrigger_delete_delete_17e1a', table='funders_source', when='AFTER')),
        ),
    ]
