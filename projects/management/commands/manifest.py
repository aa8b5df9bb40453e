"""Read a project's own funding manifest and say what it would change."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fundtracker import history
from fundtracker.http import FetchError
from projects import manifests
from projects.documents import Refused
from projects.models import Project


class Command(BaseCommand):
    help = "Read a project's funding.json or FUNDING.yml and print what it would change; --apply changes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="the project's short name")
        parser.add_argument("url", help="where the manifest lies")
        parser.add_argument(
            "--project", dest="guid", default="", help="its guid, where the manifest lists several"
        )
        parser.add_argument("--apply", action="store_true", help="make the changes")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            known = ", ".join(Project.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no project “{options['project']}”. There are: {known}.")
        try:
            draft = manifests.read(options["url"], project, options["guid"])
        except (FetchError, Refused) as error:
            raise CommandError(str(error)) from None
        apply = options["apply"]
        with history.named("manage.py manifest"):
            found = manifests.apply(project, draft) if apply else manifests.changes(project, draft)
        for change in found:
            sign = "kept" if change.kept else "change"
            self.stdout.write(f"{sign}: {change.what}: {change.before or '–'} → {change.after or '–'}")
        for address, why in draft.unverified.items():
            self.stdout.write(f"not verified: {address}: {why}")
        if draft.listed > 1:
            self.stdout.write(
                f"It asks for {draft.listed} projects together: its plans and years are of all of them."
            )
        count = len([change for change in found if not change.kept])
        self.stdout.write(f"{count} changes made." if apply else f"{count} changes; --apply makes them.")
