"""Every address of the site. The language is part of a page's address; only / asks the browser for it."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from campaigns import answers, ask, messages
from campaigns import staff as campaigns
from campaigns.today import today
from campaigns.views import home
from funders.hooks import hook
from fundtracker import staff, views
from fundtracker.api import api

staff_pages = [
    path("", today, name="today"),
    path("campaigns/", campaigns.all_campaigns, name="campaigns"),
    path("campaigns/<slug:slug>/figure/", campaigns.figure, name="figure"),
    path("messages/", messages.wishes, name="messages"),
    path("messages/webhook/", messages.webhook, name="webhook"),
    path("messages/webhook/test/", messages.test, name="webhook_test"),
    path("messages/sending/", messages.sending, name="sending"),
    path("questions/", answers.questions, name="questions"),
    path("questions/<int:pk>/", answers.question, name="question"),
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
        path("question/", ask.ask, name="question"),
        path("question/thanks/<slug:reference>/", ask.thanks, name="question_thanks"),
        path("question/<slug:kind>/<slug:slug>/", ask.ask, name="question_about"),
        path("campaigns/", include("campaigns.urls")),
        path("projects/", include("projects.urls")),
        path("funders/", include("funders.urls")),
    ),
]
