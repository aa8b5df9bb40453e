"""Every address of the site. The language is part of a page's address; only / asks the browser for it."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from campaigns import ask
from campaigns.staff import edit, end, every, figure, messages, questions, today, updates
from campaigns.views import home
from funders.hooks import hook
from funders.staff import connecting, givers, imports, programmes, sources
from fundtracker import staff, views
from fundtracker.api import api

staff_pages = [
    path("", today.today, name="today"),
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
    path("sources/", sources.all_sources, name="sources"),
    path("sources/new/", connecting.connect, name="connect"),
    path("sources/<int:pk>/", sources.source, name="source"),
    path("sources/<int:pk>/now/", sources.now, name="source_now"),
    path("sources/<int:pk>/runs/<int:run>/", sources.run, name="run"),
    path("sources/<int:pk>/edit/", connecting.edit, name="source_edit"),
    path("sources/<int:pk>/test/", sources.test, name="source_test"),
    path("sources/<int:pk>/read/", sources.read, name="source_read"),
    path("sources/<int:pk>/pause/", sources.pause, name="source_pause"),
    path("sources/<int:pk>/resume/", sources.resume, name="source_resume"),
    path("sources/<int:pk>/hand-over/", connecting.hand_over, name="source_hand_over"),
    path("campaigns/", every.all_campaigns, name="campaigns"),
    path("campaigns/new/", edit.new, name="campaign_new"),
    path("campaigns/<slug:slug>/edit/", edit.edit, name="campaign_edit"),
    path("campaigns/<slug:slug>/end/", end.end, name="campaign_end"),
    path("campaigns/<slug:slug>/figure/", figure.figure, name="figure"),
    path("campaigns/<slug:slug>/figure/<int:pk>/", figure.statement, name="statement"),
    path("campaigns/<slug:slug>/figure/<int:pk>/evidence/", figure.evidence_file, name="evidence"),
    path("campaigns/<slug:slug>/updates/", updates.updates, name="updates"),
    path("campaigns/<slug:slug>/updates/new/", updates.new, name="update_new"),
    path("campaigns/<slug:slug>/updates/<int:pk>/", updates.edit, name="update_edit"),
    path("messages/", messages.wishes, name="messages"),
    path("messages/webhook/", messages.webhook, name="webhook"),
    path("messages/webhook/test/", messages.test, name="webhook_test"),
    path("messages/sending/", messages.sending, name="sending"),
    path("questions/", questions.questions, name="questions"),
    path("questions/<int:pk>/", questions.question, name="question"),
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
        path("question/", ask.ask, name="question"),
        path("question/thanks/<slug:reference>/", ask.thanks, name="question_thanks"),
        path("question/<slug:kind>/<slug:slug>/", ask.ask, name="question_about"),
        path("campaigns/", include("campaigns.urls")),
        path("projects/", include("projects.urls")),
        path("funders/", include("funders.urls")),
        path("programmes/", include("funders.programme_urls")),
    ),
]
