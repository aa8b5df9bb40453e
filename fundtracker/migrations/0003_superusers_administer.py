"""Whoever could do everything is an administrator; other staff see the staff pages."""

from django.db import migrations


def roles(apps, schema_editor):
    users = apps.get_model("fundtracker", "User").objects
    users.filter(is_superuser=True).update(role="administrator")
    users.filter(is_superuser=False, is_staff=True).update(role="viewer")


def flags(apps, schema_editor):
    users = apps.get_model("fundtracker", "User").objects
    users.filter(role="administrator").update(is_superuser=True, is_staff=True)
    users.filter(role="viewer").update(is_staff=True)


class Migration(migrations.Migration):
    dependencies = [("fundtracker", "0002_role")]

    operations = [migrations.RunPython(roles, flags)]
