"""Every address of the site. The language is part of a page's address; only / asks the browser for it."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from campaigns import staff as campaigns
from campaigns.views import home
from funders.hooks import hook
from funders.staff import corrections, entries, waiting
from fundtracker import staff, views
from fundtracker.api import api
from projects import staff as projects

staff_pages = [
    path("", campaigns.today, name="today"),
    path("campaigns/", campaigns.all_campaigns, name="campaigns"),
    path("campaigns/<slug:slug>/figure/", campaigns.figure, name="figure"),
    path("entries/", entries.all_entries, name="entries"),
    path("entries/new/", corrections.new_entry, name="new_entry"),
    path("entries/<int:pk>/", entries.record, name="entry"),
    path("entries/<int:pk>/correct/", corrections.correct, name="correct"),
    path("waiting/", waiting.waiting, name="waiting"),
    path("waiting/<int:pk>/", waiting.decide, name="decide"),
    path("limit/", waiting.limit, name="limit"),
    path("limit/<int:pk>/", waiting.decide_limit, name="decide_limit"),
    path("streams/move/", projects.move, name="move"),
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
    ),
]
