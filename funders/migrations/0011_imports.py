"""Files that are seen before they are booked, and imports that are taken back."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('funders', '0010_entry_search'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TakeBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='recorded')),
                ('needs_second', models.BooleanField(default=False, editable=False, verbose_name='takes a second person')),
                ('agreed_at', models.DateTimeField(editable=False, null=True, verbose_name='agreed')),
                ('refused_at', models.DateTimeField(editable=False, null=True, verbose_name='refused')),
                ('refused_why', models.TextField(blank=True, editable=False, verbose_name='why it was refused')),
                ('why', models.CharField(max_length=300, verbose_name='why')),
            ],
            options={
                'verbose_name': 'import taken back',
                'verbose_name_plural': 'imports taken back',
                'ordering': ['-recorded_at', '-pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TakeBackEvent',
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
                ('why', models.CharField(max_length=300, verbose_name='why')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='UploadEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('file', models.FileField(upload_to='uploads/', verbose_name='file')),
                ('name', models.CharField(blank=True, max_length=200, verbose_name='name')),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('kind', models.CharField(blank=True, editable=False, max_length=40, verbose_name='recognised as')),
                ('layout', models.CharField(blank=True, editable=False, max_length=64, verbose_name='digest of its headings')),
                ('options', models.JSONField(blank=True, default=dict, editable=False, help_text="They go before the source's.", verbose_name='settings of this file')),
                ('uploaded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='uploaded')),
                ('ready_at', models.DateTimeField(editable=False, null=True, verbose_name='known how to read it')),
                ('shown', models.CharField(blank=True, editable=False, max_length=64, verbose_name='digest of the preview')),
                ('confirmed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, null=True, verbose_name='confirmed')),
                ('booked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='booked')),
                ('recorded_at', models.DateTimeField(editable=False, null=True, verbose_name='instant of its entries')),
                ('refused', models.TextField(blank=True, editable=False, verbose_name='why it was refused')),
                ('taken_back_at', models.DateTimeField(editable=False, null=True, verbose_name='taken back')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='upload',
            name='confirmed_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, null=True, verbose_name='confirmed'),
        ),
        migrations.AddField(
            model_name='upload',
            name='confirmed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by'),
        ),
        migrations.AddField(
            model_name='upload',
            name='expected',
            field=models.PositiveIntegerField(editable=False, null=True, verbose_name='records in it'),
        ),
        migrations.AddField(
            model_name='upload',
            name='kind',
            field=models.CharField(blank=True, editable=False, max_length=40, verbose_name='recognised as'),
        ),
        migrations.AddField(
            model_name='upload',
            name='layout',
            field=models.CharField(blank=True, editable=False, max_length=64, verbose_name='digest of its headings'),
        ),
        migrations.AddField(
            model_name='upload',
            name='options',
            field=models.JSONField(blank=True, default=dict, editable=False, help_text="They go before the source's.", verbose_name='settings of this file'),
        ),
        migrations.AddField(
            model_name='upload',
            name='preview',
            field=models.JSONField(editable=False, null=True, verbose_name='what booking it does'),
        ),
        migrations.AddField(
            model_name='upload',
            name='read_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='last record read'),
        ),
        migrations.AddField(
            model_name='upload',
            name='ready_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='known how to read it'),
        ),
        migrations.AddField(
            model_name='upload',
            name='recorded_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='instant of its entries'),
        ),
        migrations.AddField(
            model_name='upload',
            name='rows',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='records read'),
        ),
        migrations.AddField(
            model_name='upload',
            name='shown',
            field=models.CharField(blank=True, editable=False, max_length=64, verbose_name='digest of the preview'),
        ),
        migrations.AddField(
            model_name='upload',
            name='taken_back_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='taken back'),
        ),
        migrations.AddField(
            model_name='upload',
            name='uploaded_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by'),
        ),
        migrations.AlterField(
            model_name='upload',
            name='source',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='uploads', to='funders.source'),
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(fields=['digest'], name='upload_digest'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='upload',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "funders_uploadevent" ("booked_at", "confirmed_at", "confirmed_by_id", "digest", "file", "id", "kind", "layout", "name", "options", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ready_at", "recorded_at", "refused", "shown", "source_id", "taken_back_at", "uploaded_at", "uploaded_by_id") VALUES (NEW."booked_at", NEW."confirmed_at", NEW."confirmed_by_id", NEW."digest", NEW."file", NEW."id", NEW."kind", NEW."layout", NEW."name", NEW."options", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."ready_at", NEW."recorded_at", NEW."refused", NEW."shown", NEW."source_id", NEW."taken_back_at", NEW."uploaded_at", NEW."uploaded_by_id"); RETURN NULL;', hash='745bef06faf5ddd72a26a936c26114203136bdf8', operation='INSERT', pgid='pgtrigger_insert_insert_39605', table='funders_upload', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='upload',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."booked_at" IS DISTINCT FROM (NEW."booked_at") OR OLD."confirmed_at" IS DISTINCT FROM (NEW."confirmed_at") OR OLD."confirmed_by_id" IS DISTINCT FROM (NEW."confirmed_by_id") OR OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."file" IS DISTINCT FROM (NEW."file") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."layout" IS DISTINCT FROM (NEW."layout") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."options" IS DISTINCT FROM (NEW."options") OR OLD."ready_at" IS DISTINCT FROM (NEW."ready_at") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at") OR OLD."refused" IS DISTINCT FROM (NEW."refused") OR OLD."shown" IS DISTINCT FROM (NEW."shown") OR OLD."source_id" IS DISTINCT FROM (NEW."source_id") OR OLD."taken_back_at" IS DISTINCT FROM (NEW."taken_back_at") OR OLD."uploaded_at" IS DISTINCT FROM (NEW."uploaded_at") OR OLD."uploaded_by_id" IS DISTINCT FROM (NEW."uploaded_by_id"))', func='INSERT INTO "funders_uploadevent" ("booked_at", "confirmed_at", "confirmed_by_id", "digest", "file", "id", "kind", "layout", "name", "options", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ready_at", "recorded_at", "refused", "shown", "source_id", "taken_back_at", "uploaded_at", "uploaded_by_id") VALUES (NEW."booked_at", NEW."confirmed_at", NEW."confirmed_by_id", NEW."digest", NEW."file", NEW."id", NEW."kind", NEW."layout", NEW."name", NEW."options", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."ready_at", NEW."recorded_at", NEW."refused", NEW."shown", NEW."source_id", NEW."taken_back_at", NEW."uploaded_at", NEW."uploaded_by_id"); RETURN NULL;', hash='25c2bc2404676041eab12c6f1fbb147b26da0ec3', operation='UPDATE', pgid='pgtrigger_update_update_d4b89', table='funders_upload', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='upload',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "funders_uploadevent" ("booked_at", "confirmed_at", "confirmed_by_id", "digest", "file", "id", "kind", "layout", "name", "options", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ready_at", "recorded_at", "refused", "shown", "source_id", "taken_back_at", "uploaded_at", "uploaded_by_id") VALUES (OLD."booked_at", OLD."confirmed_at", OLD."confirmed_by_id", OLD."digest", OLD."file", OLD."id", OLD."kind", OLD."layout", OLD."name", OLD."options", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."ready_at", OLD."recorded_at", OLD."refused", OLD."shown", OLD."source_id", OLD."taken_back_at", OLD."uploaded_at", OLD."uploaded_by_id"); RETURN NULL;', hash='8e5faac122e08692d849360133ecaa675dc2fa7e', operation='DELETE', pgid='pgtrigger_delete_delete_cb947', table='funders_upload', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.UniqueConstraint(condition=models.Q(('source', None)), fields=('digest',), name='upload_once_unplaced'),
        ),
        migrations.AddField(
            model_name='takeback',
            name='agreed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='agreed by'),
        ),
        migrations.AddField(
            model_name='takeback',
            name='recorded_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='takeback',
            name='refused_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='refused by'),
        ),
        migrations.AddField(
            model_name='takeback',
            name='upload',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='take_backs', to='funders.upload'),
        ),
        migrations.AddField(
            model_name='takebackevent',
            name='agreed_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='agreed by'),
        ),
        migrations.AddField(
            model_name='takebackevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='takebackevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='funders.takeback'),
        ),
        migrations.AddField(
            model_name='takebackevent',
            name='recorded_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='takebackevent',
            name='refused_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='refused by'),
        ),
        migrations.AddField(
            model_name='takebackevent',
            name='upload',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='funders.upload'),
        ),
        migrations.AddField(
            model_name='uploadevent',
            name='confirmed_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by'),
        ),
        migrations.AddField(
            model_name='uploadevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='uploadevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='funders.upload'),
        ),
        migrations.AddField(
            model_name='uploadevent',
            name='source',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='funders.source'),
        ),
        migrations.AddField(
            model_name='uploadevent',
            name='uploaded_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by'),
        ),
        migrations.AddConstraint(
            model_name='takeback',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agreed_at', None), ('agreed_by', None)), models.Q(('agreed_at__isnull', False), ('agreed_by__isnull', False), ('needs_second', True), ('refused_at', None)), _connector='OR'), name='takeback_agreed_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='takeback',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_by', None), models.Q(('recorded_by__isnull', False), models.Q(('agreed_by', models.F('recorded_by')), _negated=True)), _connector='OR'), name='takeback_agreed_by_another'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='takeback',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "funders_takebackevent" ("agreed_at", "agreed_by_id", "id", "needs_second", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "upload_id", "why") VALUES (NEW."agreed_at", NEW."agreed_by_id", NEW."id", NEW."needs_second", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."refused_at", NEW."refused_by_id", NEW."refused_why", NEW."upload_id", NEW."why"); RETURN NULL;', hash='8d946c7ba6925b1390e78c273801a363acdf124e', operation='INSERT', pgid='pgtrigger_insert_insert_67184', table='funders_takeback', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='takeback',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "funders_takebackevent" ("agreed_at", "agreed_by_id", "id", "needs_second", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "upload_id", "why") VALUES (NEW."agreed_at", NEW."agreed_by_id", NEW."id", NEW."needs_second", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."refused_at", NEW."refused_by_id", NEW."refused_why", NEW."upload_id", NEW."why"); RETURN NULL;', hash='561a1c0b717e823b94fb25eac94630207f5615e6', operation='UPDATE', pgid='pgtrigger_update_update_73c6d', table='funders_takeback', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='takeback',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "funders_takebackevent" ("agreed_at", "agreed_by_id", "id", "needs_second", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "refused_at", "refused_by_id", "refused_why", "upload_id", "why") VALUES (OLD."agreed_at", OLD."agreed_by_id", OLD."id", OLD."needs_second", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."recorded_at", OLD."recorded_by_id", OLD."refused_at", OLD."refused_by_id", OLD."refused_why", OLD."upload_id", OLD."why"); RETURN NULL;', hash='a0126d50ca2872f6d0b7c8ee10f7ad079154fb42', operation='DELETE', pgid='pgtrigger_delete_delete_82c7c', table='funders_takeback', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='takebackevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0516907d4d3b771de9fd5b376d4c224ff4fc5d02', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ece3f', table='funders_takebackevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='uploadevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='789fad7d7349ca49dc3f1670d98a9f1e06881cad', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c6708', table='funders_uploadevent', when='BEFORE')),
        ),
    ]
