"""Every address of the site. The language is part of a page's address; only / asks the browser for it."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from campaigns.views import home
from funders.hooks import hook
from fundtracker import views
from fundtracker.api import api

urlpatterns = [
    path("", views.root, name="root"),
    path("healthz", views.healthz, name="healthz"),
    path("api/v1/", api.urls),
    path("hooks/<slug:slug>/", hook, name="hook"),
    path("admin/", admin.site.urls),
    *i18n_patterns(
        path("", home, name="home"),
        path("campaigns/", include("campaigns.urls")),
        path("projects/", include("projects.urls")),
        path("funders/", include("funders.urls")),
    ),
]
