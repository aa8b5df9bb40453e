from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FundtrackerConfig(AppConfig):
    name = "fundtracker"
    verbose_name = _("the site")

    def ready(self) -> None:
        from fundtracker.celery import app

        # A request or a command that queues a task must reach our broker, from whatever thread.
        app.set_default()
