"""Every address of the site. The language is part of a page's address; only / asks the browser for it."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from campaigns import staff as campaigns
from campaigns.views import home
from funders.hooks import hook
from funders.staff import imports, programmes
from fundtracker import staff, views
from fundtracker.api import api

staff_pages = [
    path("", campaigns.today, name="today"),
    path("campaigns/", campaigns.all_campaigns, name="campaigns"),
    path("campaigns/<slug:slug>/figure/", campaigns.figure, name="figure"),
    path("imports/", imports.listed, name="imports"),
    path("imports/new/", imports.new, name="import_new"),
    path("imports/<int:pk>/", imports.one, name="import"),
    path("imports/<int:pk>/source/", imports.placed, name="import_source"),
    path("imports/<int:pk>/columns/", imports.columns, name="import_columns"),
    path("imports/<int:pk>/again/", imports.again, name="import_again"),
    path("imports/<int:pk>/forget/", imports.forget, name="import_forget"),
    path("imports/<int:pk>/rejected.csv", imports.rejected, name="import_rejected"),
    path("imports/<int:pk>/take-back/", imports.take_back, name="import_take_back"),
    path("programmes/", programmes.all_programmes, name="programmes"),
    path("programmes/new/", programmes.programme, name="new_programme"),
    path("programmes/<int:pk>/", programmes.programme, name="programme"),
    path("programmes/<int:pk>/checked/", programmes.checked, name="programme_checked"),
    path("people/", staff.people, name="people"),
    path("people/<int:pk>/", staff.person, name="person"),
]
# Those parts of allauth that we use.
account_pages = [
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
]
urlpatterns = [
    path("", views.root, name="root"),
    path("healthz", views.healthz, name="healthz"),
    path("api/v1/", api.urls),
    path("hooks/<slug:slug>/", hook, name="hook"),
    path("admin/", admin.site.urls),
    path("staff/", include((staff_pages, "staff"))),
    path("staff/account/", include(account_pages)),
    *i18n_patterns(
        path("", home, name="home"),
        path("campaigns/", include("campaigns.urls")),
        path("projects/", include("projects.urls")),
        path("funders/", include("funders.urls")),
        path("programmes/", include("funders.programme_urls")),
    ),
]
