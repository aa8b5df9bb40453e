"""History of which streams count towards a campaign."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0007_published'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('projects', '0004_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='Counted',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('campaigns.campaign_streams',),
        ),
        migrations.CreateModel(
            name='CountedEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('campaign', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='campaigns.campaign')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('stream', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='projects.stream')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='campaigns.counted')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='counted',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_countedevent" ("campaign_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stream_id") VALUES (NEW."campaign_id", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."stream_id"); RETURN NULL;', hash='0434d716bbcc509daad51d9fe1455af47dd14c89', operation='INSERT', pgid='pgtrigger_insert_insert_6a76d', table='campaigns_campaign_streams', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='counted',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "campaigns_countedevent" ("campaign_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stream_id") VALUES (NEW."campaign_id", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."stream_id"); RETURN NULL;', hash='3a7f64503c93e5b1a6430755607113f30f805258', operation='UPDATE', pgid='pgtrigger_update_update_df2a4', table='campaigns_campaign_streams', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='counted',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_countedevent" ("campaign_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stream_id") VALUES (OLD."campaign_id", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."stream_id"); RETURN NULL;', hash='17ff10b7d86a0bfb184e4e8d902e873de7c48b9f', operation='DELETE', pgid='pgtrigger_delete_delete_81aa2', table='campaigns_campaign_streams', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='countedevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='674ff71f0f8ccf546150323a04abac818b237d5e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b3019', table='campaigns_countedevent', when='BEFORE')),
        ),
    ]
