"""Staff ask for a whole re-read, and a form that is sent twice makes one source."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("funders", "0012_secrets_set_at")]
    operations = [
        migrations.AddField(
            model_name="source",
            name="reread",
            field=models.BooleanField(default=False, editable=False, verbose_name="read everything again"),
        ),
        migrations.AddField(
            model_name="source",
            name="key",
            field=models.UUIDField(editable=False, null=True, unique=True),
        ),
    ]
