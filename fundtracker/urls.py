"""Every address of the site. The language is part of a page's address; only / asks the browser for it."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from campaigns import staff as campaigns
from campaigns.views import home
from funders.hooks import hook
from funders.staff import givers
from fundtracker import staff, views
from fundtracker.api import api

staff_pages = [
    path("", campaigns.today, name="today"),
    path("campaigns/", campaigns.all_campaigns, name="campaigns"),
    path("campaigns/<slug:slug>/figure/", campaigns.figure, name="figure"),
    path("givers/", givers.find, name="givers"),
    path("givers/<int:pk>/", givers.giver, name="giver"),
    path("givers/<int:pk>/letter/", givers.letter, name="giver_letter"),
    path("givers/<int:pk>/export.json", givers.export, name="giver_export"),
    path("givers/<int:pk>/erase/", givers.erase, name="giver_erase"),
    path("givers/<int:pk>/readmit/", givers.readmit, name="giver_readmit"),
    path("givers/funder/<int:funder>/", givers.giver, name="held"),
    path("givers/funder/<int:funder>/letter/", givers.letter, name="held_letter"),
    path("givers/funder/<int:funder>/export.json", givers.export, name="held_export"),
    path("givers/funder/<int:funder>/erase/", givers.erase, name="held_erase"),
    path("givers/funder/<int:funder>/readmit/", givers.readmit, name="held_readmit"),
    path("history/", staff.history, name="history"),
    path("history/seal.json", staff.history_seal, name="history_seal"),
    re_path(r"^history\.(?P<kind>csv|json)$", staff.history_export, name="history_export"),
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
