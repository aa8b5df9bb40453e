"""Every address of the site. The language is part of a page's address; only / asks the browser for it."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from campaigns import staff as campaigns
from campaigns.views import home
from funders.hooks import hook
from funders.staff import funders, members, pledges, renewals, tiers
from funders.views import logo
from fundtracker import staff, views
from fundtracker.api import api

staff_pages = [
    path("", campaigns.today, name="today"),
    path("campaigns/", campaigns.all_campaigns, name="campaigns"),
    path("campaigns/<slug:slug>/figure/", campaigns.figure, name="figure"),
    path("members/", members.all_members, name="members"),
    path("members/new/", members.new_member, name="member_new"),
    path("members/renewals/", renewals.calendar, name="renewals"),
    path("members/renewals.ics", renewals.calendar_file, name="renewals_file"),
    path("members/tiers/", tiers.tiers, name="tiers"),
    path("members/tiers/new/", tiers.new_tier, name="tier_new"),
    path("members/tiers/<int:pk>/", tiers.tier, name="tier"),
    path("members/<int:pk>/", members.member, name="member"),
    path("members/<int:pk>/edit/", members.edit, name="member_edit"),
    path("members/<int:pk>/move/", members.move, name="member_move"),
    path("members/<int:pk>/renew/", members.renew, name="member_renew"),
    path("pledges/", pledges.all_pledges, name="pledges"),
    path("pledges/new/", pledges.new_pledge, name="pledge_new"),
    path("pledges/<int:pk>/", pledges.pledge, name="pledge"),
    path("pledges/<int:pk>/edit/", pledges.edit, name="pledge_edit"),
    path("pledges/parts/<int:pk>/", pledges.part, name="part"),
    path("funders/", funders.all_funders, name="funders"),
    path("funders/new/", funders.new_funder, name="funder_new"),
    path("funders/<int:pk>/", funders.funder, name="funder"),
    path("funders/<int:pk>/edit/", funders.edit, name="funder_edit"),
    path("funders/<int:pk>/listing/", funders.listing, name="funder_listing"),
    path("funders/<int:pk>/logo/", funders.logo, name="funder_logo"),
    path("funders/<int:pk>/logo.webp", funders.logo_file, name="logo"),
    path("funders/<int:pk>/givers/", funders.givers, name="funder_givers"),
    path("funders/<int:pk>/merge/", funders.merge, name="funder_merge"),
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
    path("logos/<slug:name>.webp", logo, name="logo"),
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
