"""How far a run is, while it reads."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("funders", "0005_deliveries")]
    operations = [
        migrations.AddField(
            model_name="syncrun",
            name="rows",
            field=models.PositiveIntegerField(default=0, verbose_name="records read"),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="read_at",
            field=models.DateTimeField(null=True, verbose_name="last record read"),
        ),
    ]
