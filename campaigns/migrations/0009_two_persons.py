"""Only a withdrawal in force, and who agrees or refuses, may change a statement; and nothing else of it."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


FORWARDS = """
CREATE OR REPLACE FUNCTION campaigns_statement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    withdrawing text[] := ARRAY['withdrawn_at', 'withdrawn_why'];
    deciding text[] := ARRAY['agreed_at', 'agreed_by_id', 'refused_at', 'refused_by_id', 'refused_why'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL AND to_jsonb(NEW) - withdrawing = to_jsonb(OLD) - withdrawing
        AND EXISTS (SELECT 1 FROM campaigns_withdrawal w WHERE w.statement_id = OLD.id
            AND (NOT w.needs_second OR w.agreed_at IS NOT NULL)) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.needs_second AND OLD.agreed_at IS NULL AND OLD.refused_at IS NULL
        AND to_jsonb(NEW) - deciding = to_jsonb(OLD) - deciding THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a statement stays as it was made' USING ERRCODE = 'restrict_violation',
        HINT = 'Withdraw it with a reason, or make another.';
END $$;

CREATE FUNCTION campaigns_withdrawal_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    deciding text[] := ARRAY['agreed_at', 'agreed_by_id', 'refused_at', 'refused_by_id', 'refused_why'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.needs_second AND OLD.agreed_at IS NULL AND OLD.refused_at IS NULL
        AND to_jsonb(NEW) - deciding = to_jsonb(OLD) - deciding THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a withdrawal stays as it was made' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER withdrawal_stays BEFORE UPDATE OR DELETE ON campaigns_withdrawal
    FOR EACH ROW EXECUTE FUNCTION campaigns_withdrawal_stays();
"""

BACKWARDS = """
DROP TRIGGER withdrawal_stays ON campaigns_withdrawal;
DROP FUNCTION campaigns_withdrawal_stays();
CREATE OR REPLACE FUNCTION campaigns_statement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL
        AND to_jsonb(NEW) - 'withdrawn_at' - 'withdrawn_why' = to_jsonb(OLD) - 'withdrawn_at' - 'withdrawn_why' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a statement stays as it was made' USING ERRCODE = 'restrict_violation',
        HINT = 'Withdraw it with a reason, or make another.';
END $$;
"""

class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0008_what_counts_history'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='recorded')),
                ('needs_second', models.BooleanField(default=False, editable=False, verbose_name='takes a second person')),
                ('agreed_at', models.DateTimeField(editable=False, null=True, verbose_name='agreed')),
                ('refused_at', models.DateTimeField(editable=False, null=True, verbose_name='refused')),
                ('refused_why', models.TextField(blank=True, editable=False, verbose_name='why it was refused')),
                ('why', models.TextField(verbose_name='why')),
            ],
            options={
                'verbose_name': 'withdrawal',
                'verbose_name_plural': 'withdrawals',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='WithdrawalEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='recorded')),
                ('needs_second', models.BooleanField(default=False, editable=False, verbose_name='takes a second person')),
                ('agreed_at', models.DateTimeField(editable=False, null=True, verbose_name='agreed')),
                ('refused_at', models.DateTimeField(editable=False, null=True, verbose_name='refused')),
                ('refused_why', models.TextField(blank=True, editable=False, verbose_name='why it was refused')),
                ('why', models.TextField(verbose_name='why')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='statement',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='statement',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='statement',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='statement',
            name='agreed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='agreed'),
        ),
        migrations.AddField(
            model_name='statement',
            name='agreed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='agreed by'),
        ),
        migrations.AddField(
            model_name='statement',
            name='needs_second',
            field=models.BooleanField(default=False, editable=False, verbose_name='takes a second person'),
        ),
        migrations.AddField(
            model_name='statement',
            name='refused_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='refused'),
        ),
        migrations.AddField(
            model_name='statement',
            name='refused_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='refused by'),
        ),
        migrations.AddField(
            model_name='statement',
            name='refused_why',
            field=models.TextField(blank=True, editable=False, verbose_name='why it was refused'),
        ),
        migrations.AddField(
            model_name='statementevent',
            name='agreed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='agreed'),
        ),
        migrations.AddField(
            model_name='statementevent',
            name='agreed_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='agreed by'),
        ),
        migrations.AddField(
            model_name='statementevent',
            name='needs_second',
            field=models.BooleanField(default=False, editable=False, verbose_name='takes a second person'),
        ),
        migrations.AddField(
            model_name='statementevent',
            name='refused_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='refused'),
        ),
        migrations.AddField(
            model_name='statementevent',
            name='refused_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='refused by'),
        ),
        migrations.AddField(
            model_name='statementevent',
            name='refused_why',
            field=models.TextField(blank=True, editable=False, verbose_name='why it was refused'),
        ),
        migrations.AlterField(
            model_name='statement',
            name='recorded_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AlterField(
            model_name='statementevent',
            name='recorded_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statement',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_statementevent" ("agreed_at", "agreed_by_id", "amount_minor", "as_of", "campaign_id", "evidence", "evidence_url", "id", "key", "needs_second", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "withdrawn_at", "withdrawn_why") VALUES (NEW."agreed_at", NEW."agreed_by_id", NEW."amount_minor", NEW."as_of", NEW."campaign_id", NEW."evidence", NEW."evidence_url", NEW."id", NEW."key", NEW."needs_second", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."refused_at", NEW."refused_by_id", NEW."refused_why", NEW."withdrawn_at", NEW."withdrawn_why"); RETURN NULL;', hash='5038c9bd78d367d6f1a052f8a166a57d03e8a84c', operation='INSERT', pgid='pgtrigger_insert_insert_8656c', table='campaigns_statement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "campaigns_statementevent" ("agreed_at", "agreed_by_id", "amount_minor", "as_of", "campaign_id", "evidence", "evidence_url", "id", "key", "needs_second", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "withdrawn_at", "withdrawn_why") VALUES (NEW."agreed_at", NEW."agreed_by_id", NEW."amount_minor", NEW."as_of", NEW."campaign_id", NEW."evidence", NEW."evidence_url", NEW."id", NEW."key", NEW."needs_second", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."refused_at", NEW."refused_by_id", NEW."refused_why", NEW."withdrawn_at", NEW."withdrawn_why"); RETURN NULL;', hash='8ca27e5c177655febeac001984c5a0b537890b21', operation='UPDATE', pgid='pgtrigger_update_update_a9f82', table='campaigns_statement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statement',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_statementevent" ("agreed_at", "agreed_by_id", "amount_minor", "as_of", "campaign_id", "evidence", "evidence_url", "id", "key", "needs_second", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "withdrawn_at", "withdrawn_why") VALUES (OLD."agreed_at", OLD."agreed_by_id", OLD."amount_minor", OLD."as_of", OLD."campaign_id", OLD."evidence", OLD."evidence_url", OLD."id", OLD."key", OLD."needs_second", OLD."note", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."recorded_at", OLD."recorded_by_id", OLD."refused_at", OLD."refused_by_id", OLD."refused_why", OLD."withdrawn_at", OLD."withdrawn_why"); RETURN NULL;', hash='da228dbb6e89c69e86e24b56052e457092fa2f58', operation='DELETE', pgid='pgtrigger_delete_delete_c5fe2', table='campaigns_statement', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agreed_at', None), ('agreed_by', None)), models.Q(('agreed_at__isnull', False), ('agreed_by__isnull', False), ('needs_second', True), ('refused_at', None)), _connector='OR'), name='statement_agreed_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_by', None), models.Q(('recorded_by__isnull', False), models.Q(('agreed_by', models.F('recorded_by')), _negated=True)), _connector='OR'), name='statement_agreed_by_another'),
        ),
        migrations.AddField(
            model_name='withdrawal',
            name='agreed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='agreed by'),
        ),
        migrations.AddField(
            model_name='withdrawal',
            name='recorded_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='withdrawal',
            name='refused_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='refused by'),
        ),
        migrations.AddField(
            model_name='withdrawal',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='campaigns.statement'),
        ),
        migrations.AddField(
            model_name='withdrawalevent',
            name='agreed_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='agreed by'),
        ),
        migrations.AddField(
            model_name='withdrawalevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='withdrawalevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='campaigns.withdrawal'),
        ),
        migrations.AddField(
            model_name='withdrawalevent',
            name='recorded_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='withdrawalevent',
            name='refused_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='refused by'),
        ),
        migrations.AddField(
            model_name='withdrawalevent',
            name='statement',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='campaigns.statement'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agreed_at', None), ('agreed_by', None)), models.Q(('agreed_at__isnull', False), ('agreed_by__isnull', False), ('needs_second', True), ('refused_at', None)), _connector='OR'), name='withdrawal_agreed_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_by', None), models.Q(('recorded_by__isnull', False), models.Q(('agreed_by', models.F('recorded_by')), _negated=True)), _connector='OR'), name='withdrawal_agreed_by_another'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='withdrawal_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.UniqueConstraint(condition=models.Q(('refused_at', None)), fields=('statement',), name='withdrawal_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='withdrawal',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_withdrawalevent" ("agreed_at", "agreed_by_id", "id", "needs_second", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "statement_id", "why") VALUES (NEW."agreed_at", NEW."agreed_by_id", NEW."id", NEW."needs_second", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."refused_at", NEW."refused_by_id", NEW."refused_why", NEW."statement_id", NEW."why"); RETURN NULL;', hash='57dbdbbd1a15d9f9eb03ca9a625b4f8070dc2225', operation='INSERT', pgid='pgtrigger_insert_insert_a3f93', table='campaigns_withdrawal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='withdrawal',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "campaigns_withdrawalevent" ("agreed_at", "agreed_by_id", "id", "needs_second", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "statement_id", "why") VALUES (NEW."agreed_at", NEW."agreed_by_id", NEW."id", NEW."needs_second", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."refused_at", NEW."refused_by_id", NEW."refused_why", NEW."statement_id", NEW."why"); RETURN NULL;', hash='d30bd1c1517b0f5d507b8300e846d2cbee20b903', operation='UPDATE', pgid='pgtrigger_update_update_4a527', table='campaigns_withdrawal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='withdrawal',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_withdrawalevent" ("agreed_at", "agreed_by_id", "id", "needs_second", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "statement_id", "why") VALUES (OLD."agreed_at", OLD."agreed_by_id", OLD."id", OLD."needs_second", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."recorded_at", OLD."recorded_by_id", OLD."refused_at", OLD."refused_by_id", OLD."refused_why", OLD."statement_id", OLD."why"); RETURN NULL;', hash='5f5f2b3dbc965780cc0a344371744d84d0361121', operation='DELETE', pgid='pgtrigger_delete_delete_1a578', table='campaigns_withdrawal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='withdrawalevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='80c6a6b5d5508f207ba0d57ee60a276db7fe72e1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_16e14', table='campaigns_withdrawalevent', when='BEFORE')),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
