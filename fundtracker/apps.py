from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FundtrackerConfig(AppConfig):
    name = "fundtracker"
    verbose_name = _("the site")
