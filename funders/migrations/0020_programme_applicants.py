"""Who may apply becomes a closed list; what else was written there becomes the condition."""

from typing import Any

from django.db import migrations

KINDS = ("individual", "team", "organisation", "consortium")
SAID_OTHERWISE = {"consortium only": "consortium"}


def split(apps: Any, schema_editor: Any) -> None:
    for programme in apps.get_model("funders", "Programme").objects.exclude(eligible=[]):
        said = [SAID_OTHERWISE.get(one, one) for one in programme.eligible]
        programme.eligible = [one for one in said if one in KINDS]
        others = [one for one in said if one not in KINDS]
        programme.conditions = "; ".join(others)[:300]
        programme.save(update_fields=["eligible", "conditions"])


def join(apps: Any, schema_editor: Any) -> None:
    for programme in apps.get_model("funders", "Programme").objects.exclude(conditions=""):
        programme.eligible = [*programme.eligible, programme.conditions]
        programme.save(update_fields=["eligible"])


class Migration(migrations.Migration):
    dependencies = [("funders", "0019_programme_terms")]
    operations = [migrations.RunPython(split, join)]
