from django.db import migrations, models

ROLES = [
    ("viewer", "viewer: sees the staff pages"),
    ("editor", "editor: figures and updates"),
    ("treasurer", "treasurer: sources, imports, corrections, personal data"),
    ("administrator", "administrator: people and settings"),
]


class Migration(migrations.Migration):
    dependencies = [("fundtracker", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="role",
            field=models.CharField(blank=True, choices=ROLES, max_length=15, verbose_name="role"),
        ),
    ]
