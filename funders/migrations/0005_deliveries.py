"""Messages of providers' webhooks, each once."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("funders", "0004_hook_secret")]
    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=200, verbose_name="id at the provider")),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="received"
                    ),
                ),
                ("item_sealed", models.TextField(blank=True, editable=False)),
                ("handled_at", models.DateTimeField(blank=True, null=True, verbose_name="handled")),
                ("error", models.TextField(blank=True, verbose_name="why it was not booked")),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="funders.source",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "ordering": ["received_at", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("handled_at", None)),
                        fields=["source", "received_at"],
                        name="delivery_unhandled",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "external_id"), name="delivery_once")
                ],
            },
        ),
    ]
