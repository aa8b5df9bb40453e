"""The figures of a campaign’s last day, kept for good; the campaign then keeps what they are figures of."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


FORWARDS = """
CREATE FUNCTION campaigns_frozen_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'frozen figures stay as they are' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER frozen_append_only BEFORE UPDATE OR DELETE ON campaigns_frozen
    FOR EACH ROW EXECUTE FUNCTION campaigns_frozen_stays();

CREATE FUNCTION campaigns_frozen_campaign_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.slug, NEW.mode, NEW.currency, NEW.starts_on, NEW.ends_on)
            IS DISTINCT FROM (OLD.slug, OLD.mode, OLD.currency, OLD.starts_on, OLD.ends_on)
        AND EXISTS (SELECT 1 FROM campaigns_frozen f WHERE f.campaign_id = OLD.id) THEN
        RAISE EXCEPTION 'a campaign with frozen figures keeps its name in addresses, its currency and its days'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER campaign_frozen_stays BEFORE UPDATE ON campaigns_campaign
    FOR EACH ROW EXECUTE FUNCTION campaigns_frozen_campaign_stays();
"""

BACKWARDS = """
DROP TRIGGER campaign_frozen_stays ON campaigns_campaign;
DROP FUNCTION campaigns_frozen_campaign_stays();
DROP TRIGGER frozen_append_only ON campaigns_frozen;
DROP FUNCTION campaigns_frozen_stays();
"""

class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0010_evidence_files'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Frozen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='at the end of')),
                ('document', models.TextField(verbose_name='figures')),
                ('digest', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('signature', models.CharField(max_length=128, verbose_name='signature')),
                ('public_key', models.CharField(max_length=64, verbose_name='public key')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='frozen')),
                ('campaign', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='frozen', to='campaigns.campaign')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'frozen figures',
                'verbose_name_plural': 'frozen figures',
                'ordering': ['-day', 'campaign'],
            },
        ),
        migrations.CreateModel(
            name='FrozenEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('day', models.DateField(verbose_name='at the end of')),
                ('digest', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('signature', models.CharField(max_length=128, verbose_name='signature')),
                ('public_key', models.CharField(max_length=64, verbose_name='public key')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='frozen')),
                ('campaign', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='campaigns.campaign')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='campaigns.frozen')),
                ('recorded_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='frozen',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_frozenevent" ("campaign_id", "day", "digest", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_key", "recorded_at", "recorded_by_id", "signature") VALUES (NEW."campaign_id", NEW."day", NEW."digest", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."public_key", NEW."recorded_at", NEW."recorded_by_id", NEW."signature"); RETURN NULL;', hash='4f8b32a0ca1115a564db8706be13b780d14bd6c6', operation='INSERT', pgid='pgtrigger_insert_insert_b8093', table='campaigns_frozen', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='frozen',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."day" IS DISTINCT FROM (NEW."day") OR OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."public_key" IS DISTINCT FROM (NEW."public_key") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at") OR OLD."recorded_by_id" IS DISTINCT FROM (NEW."recorded_by_id") OR OLD."signature" IS DISTINCT FROM (NEW."signature"))', func='INSERT INTO "campaigns_frozenevent" ("campaign_id", "day", "digest", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_key", "recorded_at", "recorded_by_id", "signature") VALUES (NEW."campaign_id", NEW."day", NEW."digest", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."public_key", NEW."recorded_at", NEW."recorded_by_id", NEW."signature"); RETURN NULL;', hash='a8cd31ea35f23098251ad8a29418a0165526af4a', operation='UPDATE', pgid='pgtrigger_update_update_e9d79', table='campaigns_frozen', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='frozen',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_frozenevent" ("campaign_id", "day", "digest", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_key", "recorded_at", "recorded_by_id", "signature") VALUES (OLD."campaign_id", OLD."day", OLD."digest", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."public_key", OLD."recorded_at", OLD."recorded_by_id", OLD."signature"); RETURN NULL;', hash='5b8962354c42a057fd84519209bfedd74694a35f', operation='DELETE', pgid='pgtrigger_delete_delete_7ca94', table='campaigns_frozen', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='frozenevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8ae9e6caa41f1da137a8fdeeca4396022f15ffd6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7b718', table='campaigns_frozenevent', when='BEFORE')),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
