"""Connect a source, change it, hand it over: what was typed is kept, secrets never come out."""

import re
import uuid
from html import unescape

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse

from funders import connections, connectors
from funders.models import Source
from funders.staff import settings
from funders.staff.instructions import GUIDES
from funders.sync import sync
from tests import factories
from tests.campaigns.test_views import words
from tests.fundtracker.loopback import Server, reply

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a91"


def connect(client, kind, **fields):
    typed = {
        "name": "Giving page",
        "time_zone": "UTC",
        "every_minutes": "60",
        "rank": "0",
        "key": str(uuid.uuid4()),
    }
    return client.post(f"{reverse('staff:connect')}?kind={kind}", typed | fields, follow=True)


def edit(client, source, **fields):
    typed = {
        name: getattr(source, name)
        for name in ("name", "account", "base_url", "time_zone", "every_minutes", "rank")
    }
    typed |= {"seen": connections.version(source), "aggregators": "\n".join(source.aggregators)}
    return client.post(reverse("staff:source_edit", args=[source.pk]), typed | fields, follow=True)


def tokened(**fields):
    source = factories.SourceFactory(
        **{"kind": "opencollective", "account": "one", "base_url": "https://api.example.org/"} | fields
    )
    source.token = source.hook_secret = CANARY
    source.save()
    return source


def everything_kept():
    """All tables as a dump has them, and the sessions as they are read."""
    with connection.cursor() as cursor:
        kept = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            kept += cursor.fetchone()
    return " ".join(kept) + str([one.get_decoded() for one in Session.objects.all()])


@pytest.mark.parametrize("kind", [kind for kind, _ in connectors.choices()])
def test_each_kind_has_a_form_with_just_what_it_needs(client, tess, kind):
    assert f'href="?kind={kind}"' in client.get(reverse("staff:connect")).content.decode()
    body = client.get(f"{reverse('staff:connect')}?kind={kind}").content.decode()
    guide = GUIDES[kind]
    asked = {name: f'name="{name}"' in body for name in ("account", "new_token", "new_hook_secret")}
    assert asked == {
        "account": bool(guide.account),
        "new_token": bool(guide.token),
        "new_hook_secret": bool(guide.secret),
    }
    assert {name for name in settings.FIELDS.get(kind, {}) if f'name="option_{name}"' not in body} == set()
    assert all(str(step) in unescape(body) for step in guide.steps)


def test_a_source_is_connected_tested_and_read_only_once_somebody_starts_it(client, tess, server, bells):
    shown = connect(
        client, "opencollective", account="sandbox", base_url=f"{server.url}/graphql/v2", new_token="sandbox"
    )
    source = Source.objects.get()
    assert re.search(
        r"It answers: [\d,]+ records\. Looked at as a test: \d+, of .* to .*; nothing was booked\.",
        words(shown),
    )
    assert (source.active, source.entries.count(), source.token, source.slug) == (
        False,
        0,
        "sandbox",
        "giving-page",
    )
    assert "Start reading" in words(shown)
    client.post(reverse("staff:source_resume", args=[source.pk]))
    assert (list(Source.objects.due()), bells) == ([source], [source.pk])
    assert sync(Source.objects.get()).state == "complete"


def test_a_wrong_account_is_told_at_once(client, tess, server):
    shown = connect(client, "opencollective", account="nobody", base_url=f"{server.url}/graphql/v2")
    assert "It cannot be read:" in words(shown)
    assert Source.objects.get().active is False


def test_a_link_may_say_which_account_and_never_which_server(client, tess):
    link = f"{reverse('staff:connect')}?kind=opencollective&account=sand&base_url=https://evil.example"
    body = client.get(link).content.decode()
    assert ('value="sand"' in body, "evil.example" in body) == (True, False)


def test_a_double_click_makes_one_source(client, tess):
    key = str(uuid.uuid4())
    pages = [connect(client, "kofi", new_hook_secret="s", key=key).request["PATH_INFO"] for _ in range(2)]
    assert pages == [reverse("staff:source", args=[Source.objects.get().pk])] * 2


def test_one_account_is_not_connected_twice(client, tess):
    factories.SourceFactory(kind="opencollective", account="one", name="First")
    shown = connect(client, "opencollective", account="one")
    assert "“First” reads this account already." in words(shown)
    assert (Source.objects.count(), 'value="Giving page"' in shown.content.decode()) == (1, True)


def test_bad_settings_are_told_beside_their_field_and_what_was_typed_stays(client, tess):
    shown = connect(client, "civicrm", new_token=CANARY, option_financial_types="Shop = presents", more="[1]")
    errors = shown.context["form"].errors
    assert errors == {
        "base_url": ["This field is required."],
        "option_financial_types": ["“presents” is not one of: donation, membership, sponsorship, grant, in_kind, none."],
        "more": ["Write it as one object: {“delimiter”: “;”}."],
    }  # fmt: skip
    body = shown.content.decode()
    assert ("Shop = presents" in body, CANARY in body) == (True, False)
    assert "type the token or secret once more" in words(shown)


def test_settings_are_fields_and_what_has_none_stays(client, tess):
    source = factories.SourceFactory(
        kind="civicrm", base_url="https://crm.example.org", options={"unknown": 1}
    )
    edit(client, source, option_currency="eur", option_statuses="Honorary = active", more='{"unknown": 1}')
    assert Source.objects.get().options == {
        "unknown": 1,
        "currency": "EUR",
        "statuses": {"Honorary": "active"},
    }
    body = client.get(reverse("staff:source_edit", args=[source.pk])).content.decode()
    assert ("Honorary = active" in body, "unknown" in body) == (True, True)


@pytest.mark.parametrize(
    ("ticked", "options"), [({}, {"subscriptions": False}), ({"option_subscriptions": "on"}, {})]
)
def test_what_is_usual_is_not_written_down(client, tess, ticked, options):
    source = factories.SourceFactory(kind="stripe", account="us")
    edit(client, source, **ticked)
    assert Source.objects.get().options == options


def test_a_token_is_nowhere_but_sealed(client, tess, caplog):
    body = b'{"errors": [{"message": "no such token: %s"}]}' % CANARY.encode()
    with Server(reply(200, body)) as echo:
        source = tokened(base_url=echo.url)
        edit(client, source, new_token=CANARY, new_hook_secret=CANARY)
        shown = [client.post(reverse("staff:source_test", args=[source.pk]), follow=True)]
        sync(source)
    shown += [client.get(reverse(name, args=[source.pk])) for name in ("staff:source", "staff:source_edit")]
    shown += [client.get(reverse("staff:sources"))]
    assert "no such token: …" in words(shown[0])
    assert sum(CANARY in page.content.decode() for page in shown) == 0
    assert (CANARY in everything_kept(), CANARY in caplog.text, CANARY in str(client.cookies)) == (
        False,
        False,
        False,
    )
    assert Source.objects.get().token == CANARY


def test_history_tells_when_a_token_was_replaced_and_not_what_it_is(client, tess):
    source = tokened()
    before = source.events.count()
    edit(client, source, new_token="another")
    last = source.events.order_by("-pgh_id")[0]
    assert (source.events.count(), last.token_set_at) == (before + 1, Source.objects.get().token_set_at)
    assert last.pgh_context.metadata["user"] == tess.pk
    edit(client, Source.objects.get(), forget_token="on")
    assert source.events.order_by("-pgh_id")[0].token_set_at is None


def test_another_server_drops_the_secrets_and_says_so(client, tess):
    source = tokened(cursor={"page": 7})
    assert "its token was forgotten" in words(edit(client, source, base_url="https://api.example.net/"))
    moved = Source.objects.get()
    assert (moved.token, moved.hook_secret, moved.cursor) == ("", "", {})


def test_two_people_at_once_the_second_sees_the_first_and_chooses(client, tess):
    source = tokened()
    seen = connections.version(source)
    edit(client, source, account="first")
    shown = edit(client, source, seen=seen, account="second", new_token="another")
    assert "account at the provider: one became first" in words(shown)
    assert Source.objects.get().account == "first"
    assert "type the token or secret once more" in words(shown)
    edit(client, source, seen=shown.context["form"]["seen"].value(), account="second")
    assert Source.objects.get().account == "second"


def test_who_pays_in_from_elsewhere_is_said_by_name(client, tess):
    source = tokened()
    for ident, name in (("g1", "GitHub Sponsors"), ("a1", "Ann"), ("a2", "Ann")):
        factories.GiverFactory(source=source, external_id=ident, name=name)
    edit(client, source, aggregators="github sponsors\na2")
    assert Source.objects.get().aggregators == ["g1", "a2"]
    errors = edit(client, Source.objects.get(), aggregators="Ann\nEve").context["form"].errors
    assert errors == {"aggregators": ["Several givers here are called “Ann”: use an id, a1, a2."]}
    errors = edit(client, Source.objects.get(), aggregators="Eve").context["form"].errors
    assert errors == {"aggregators": ["No giver of this source is called “Eve”."]}


def hand_over(client, source, **fields):
    typed = {
        "how": "same", "account": "two", "base_url": "http://127.0.0.1:9/", "why": "A new host.", "name": "",
        "seen": connections.version(source), "key": str(uuid.uuid4()),
    }  # fmt: skip
    return client.post(reverse("staff:source_hand_over", args=[source.pk]), typed | fields, follow=True)


def test_a_moved_account_goes_on_from_the_beginning_without_its_secrets(client, tess):
    source = tokened(cursor={"page": 7})
    factories.StreamFactory(source=source)
    hand_over(client, source)
    moved = Source.objects.get()
    assert (moved.account, moved.token, moved.hook_secret, moved.cursor) == ("two", "", "", {})
    assert (moved.active, moved.streams.count()) == (True, 1)
    last = source.events.order_by("-pgh_id")[0]
    assert last.pgh_context.metadata["why"] == "A new host."


def test_another_account_gets_a_source_of_its_own(client, tess):
    source, key = tokened(rank=3, options={"currency": "EUR"}), str(uuid.uuid4())
    for _ in range(2):
        hand_over(client, source, how="other", name="New page", new_token="new", key=key)
    old, new = Source.objects.order_by("pk")
    assert (old.account, old.active, old.token) == ("one", False, CANARY)
    assert (new.name, new.account, new.active, new.token, new.hook_secret) == (
        "New page",
        "two",
        False,
        "new",
        "",
    )
    assert (new.kind, new.rank, new.options, new.cursor) == ("opencollective", 3, {"currency": "EUR"}, {})


def test_what_is_handed_over_must_be_another_account_with_a_name(client, tess):
    source = tokened()
    errors = (
        hand_over(client, source, how="other", account="one", base_url=source.base_url).context["form"].errors
    )
    assert errors == {
        "account": ["This is the account that it has."],
        "name": ["Say what the new source is called."],
    }


@pytest.mark.parametrize("how", ["same", "other"])
def test_a_source_that_changed_meanwhile_is_not_handed_over_unseen(client, tess, how):
    source = tokened()
    seen = connections.version(source)
    Source.objects.update(rank=5)
    shown = hand_over(client, source, how=how, name="New page", seen=seen)
    assert "rank: 0 became 5" in words(shown)
    assert [(one.account, one.active) for one in Source.objects.all()] == [("one", True)]
