"""Files that prove a statement. A draft may go; what a statement names stays by its foreign key."""

import campaigns.models.statements
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


FORWARDS = """
CREATE FUNCTION campaigns_evidence_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an evidence file stays as it was uploaded' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER evidence_stays BEFORE UPDATE ON campaigns_evidencefile
    FOR EACH ROW EXECUTE FUNCTION campaigns_evidence_stays();
"""

BACKWARDS = """
DROP TRIGGER evidence_stays ON campaigns_evidencefile;
DROP FUNCTION campaigns_evidence_stays();
"""

class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0009_two_persons'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EvidenceFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('file', models.FileField(upload_to=campaigns.models.statements.random_name, verbose_name='file')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('kind', models.CharField(max_length=4, verbose_name='kind')),
                ('digest', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('size', models.PositiveIntegerField(verbose_name='bytes')),
                ('uploaded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='uploaded')),
            ],
            options={
                'verbose_name': 'evidence file',
                'verbose_name_plural': 'evidence files',
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
        pgtrigger.migrations.AddTrigger(
            model_name='statement',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_statementevent" ("agreed_at", "agreed_by_id", "amount_minor", "as_of", "campaign_id", "evidence", "evidence_file_id", "evidence_url", "id", "key", "needs_second", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "withdrawn_at", "withdrawn_why") VALUES (NEW."agreed_at", NEW."agreed_by_id", NEW."amount_minor", NEW."as_of", NEW."campaign_id", NEW."evidence", NEW."evidence_file_id", NEW."evidence_url", NEW."id", NEW."key", NEW."needs_second", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."refused_at", NEW."refused_by_id", NEW."refused_why", NEW."withdrawn_at", NEW."withdrawn_why"); RETURN NULL;', hash='e678c81c45baa0ef8ac286c484a808b7ed420ed7', operation='INSERT', pgid='pgtrigger_insert_insert_8656c', table='campaigns_statement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "campaigns_statementevent" ("agreed_at", "agreed_by_id", "amount_minor", "as_of", "campaign_id", "evidence", "evidence_file_id", "evidence_url", "id", "key", "needs_second", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "withdrawn_at", "withdrawn_why") VALUES (NEW."agreed_at", NEW."agreed_by_id", NEW."amount_minor", NEW."as_of", NEW."campaign_id", NEW."evidence", NEW."evidence_file_id", NEW."evidence_url", NEW."id", NEW."key", NEW."needs_second", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."refused_at", NEW."refused_by_id", NEW."refused_why", NEW."withdrawn_at", NEW."withdrawn_why"); RETURN NULL;', hash='4a08da7e3341bfabf120e29995b83a67c879af4e', operation='UPDATE', pgid='pgtrigger_update_update_a9f82', table='campaigns_statement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statement',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "campaigns_statementevent" ("agreed_at", "agreed_by_id", "amount_minor", "as_of", "campaign_id", "evidence", "evidence_file_id", "evidence_url", "id", "key", "needs_second", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "withdrawn_at", "withdrawn_why") VALUES (OLD."agreed_at", OLD."agreed_by_id", OLD."amount_minor", OLD."as_of", OLD."campaign_id", OLD."evidence", OLD."evidence_file_id", OLD."evidence_url", OLD."id", OLD."key", OLD."needs_second", OLD."note", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."recorded_at", OLD."recorded_by_id", OLD."refused_at", OLD."refused_by_id", OLD."refused_why", OLD."withdrawn_at", OLD."withdrawn_why"); RETURN NULL;', hash='5a1151e4d61c39185513eb34ff70d55da1d63f69', operation='DELETE', pgid='pgtrigger_delete_delete_c5fe2', table='campaigns_statement', when='AFTER')),
        ),
        migrations.AddField(
            model_name='evidencefile',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statement',
            name='evidence_file',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='campaigns.evidencefile', verbose_name='evidence on file'),
        ),
        migrations.AddField(
            model_name='statementevent',
            name='evidence_file',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='campaigns.evidencefile', verbose_name='evidence on file'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
