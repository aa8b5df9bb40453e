"""Who gives without a name stays without one: nothing of them is in any page, file, header, log, copy or table."""

import hashlib
import html
import json
import logging
import re
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from datetime import date, timedelta
from itertools import groupby
from urllib.parse import quote, urljoin

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils import translation

from campaigns import digest, freezing, supporters
from campaigns.outbox import Message
from funders import ledger, promises, sync
from funders.connectors.base import Frequency, GiverRef, Kind, Promise, Receipt
from funders.models import Giver
from fundtracker.access import ANYONE, needed
from fundtracker.middleware import SLOTS
from fundtracker.models import Role
from tests import factories
from tests.factories import NOW, pounds
from tests.fundtracker.test_access import names, row
from tests.papers import said

pytestmark = pytest.mark.usefixtures("today")
DONORS, PROMISERS = 200, 20
KINDS = (Kind.DONATION, Kind.MEMBERSHIP, Kind.SPONSORSHIP, Kind.GRANT, Kind.IN_KIND)
# A list of hundreds has as many pages of one kind; a few of them show what the kind shows.
ENOUGH = 3
LINK = re.compile(r'(?:href|src|action|hx-get|content)="([^"#]+)')
# All that is made here has the same slug, but for what has ended.
ARGUMENTS: tuple[tuple[str, ...], ...] = (
    (), ("bridges",), ("ended",),
    ("bridges", "csv"), ("bridges", "json"), ("people",),
    ("campaigns", "bridges"), ("campaigns", "ended"), ("projects", "bridges"), ("funders", "bridges"),
)  # fmt: skip


def canary(number, *, public=False):
    """The provider knows the name, and says whether it may be shown."""
    url = f"https://canary.example/?who={number:03}&of=many"
    return GiverRef(f"canary/{number:03}/id", f"Zoë “Canary” {number:03} O'Hara & Co", public, "person", url)


def receipt(number, giver, *, more=0):
    day, kind = date(2026, 5, 1) + timedelta(days=number % 60), KINDS[number % len(KINDS)]
    return Receipt(
        f"gift-{number}", kind, pounds(5 + number + more), day, NOW + timedelta(seconds=more), giver=giver,
        fee=pounds(-1), frequency=list(Frequency)[number % 4], designation=("", "bridges", "server")[number % 3],
        payment_ref=f"stripe:pi_{number}",
    )  # fmt: skip


def book(source, givers):
    """A gift of each, some of them changed or given back later, and promises of the last."""
    ledger.record(source, [receipt(number, giver) for number, giver in enumerate(givers)])
    ledger.record(source, [receipt(number, giver, more=1) for number, giver in enumerate(givers[:20])])
    ledger.record(
        source,
        [
            Receipt(f"back-{number}", Kind.REFUND, pounds(-2), date(2026, 6, 2), NOW, giver=giver,
                    refunds_external_id=f"gift-{number}")
            for number, giver in enumerate(givers[20:30], 20)
        ],
    )  # fmt: skip
    promises.record(
        source,
        [
            Promise(f"plan-{number}", pounds(5), NOW, list(Frequency)[number % 4], giver=giver,
                    tier=("", "Gold", "Silver")[number % 3], designation=("", "bridges")[number % 2],
                    title=f"Plan of {giver.name}", url=giver.url)
            for number, giver in enumerate(givers[-PROMISERS:])
        ],
    )  # fmt: skip


def books():
    """A campaign that runs, one whose figures are frozen, and one of everything else that has a public page."""
    source, project = factories.SourceFactory(slug="bridges"), factories.ProjectFactory(slug="bridges")
    running = factories.CampaignFactory(slug="bridges", project=project, sources=[source])
    ended = factories.CampaignFactory(slug="ended", project=project, ends_on=date(2026, 5, 31))
    ended.streams.set(running.streams.all())
    factories.UpdateFactory(campaign=running)
    funder = factories.ProgrammeFactory(slug="bridges", funder__slug="bridges").funder
    book(source, [canary(number) for number in range(DONORS + PROMISERS)])
    # Staff know of some that they are one funder, which may be named, and relies on the project.
    Giver.objects.filter(pk__in=source.givers.order_by("-pk").values("pk")[:30]).update(funder=funder)
    factories.RelianceFactory(project=project, funder=funder, seats=10)
    named = canary(999, public=True)
    ledger.record(source, [receipt(999, named)])
    promises.record(source, [Promise("plan-999", pounds(5), NOW, giver=named)])
    rejected(canary(1))
    digest.prepare(NOW)
    freezing.freeze(ended, factories.UserFactory())
    supporters.recount(today=date(2026, 6, 30))
    caches["pages"].clear()


def rejected(giver):
    """A file with rows that cannot be booked, and an e-mail that says so."""
    columns = {"date": "Day", "amount": "Amount", "giver_name": "Name", "giver_id": "Id"}
    source = factories.SourceFactory(kind="table", options={"columns": columns, "currency": "GBP"})
    text = f'Day,Amount,Name,Id\n2026-05-01,ten,"{giver.name}",{giver.external_id}\nten,5,"{giver.name}",{giver.external_id}\n'
    factories.UploadFactory(source=source, file=ContentFile(text, "gifts.csv"), uploaded_at=NOW)
    assert sync.sync(source).rejected == 2
    factories.WishesFactory(user__email="reader@example.org")


def by_name(need):
    """The address of every page that the table of access opens to these, for what there is."""
    for name in names():
        for arguments in ARGUMENTS if row(name) == need else ():
            try:
                yield reverse(name, args=arguments)
            except NoReverseMatch:
                continue


def crawl(client, need, waiting, enough=10_000):
    """What each address answered with, of those given and of all that their pages link to."""
    answers, asked = {}, Counter()
    while waiting:
        url = waiting.pop(0).removeprefix(settings.SITE_URL)
        try:
            with translation.override(translation.get_language_from_path(url) or "en"):
                match = resolve(url.partition("?")[0])
        except Resolver404:
            continue  # another site, or a file
        if url in answers or needed(match) != need or asked[match.view_name] >= enough:
            continue
        answer = client.get(url)
        asked[match.view_name] += 1
        answers[url] = said(answer)
        waiting += [urljoin(url, html.unescape(link)) for link in LINK.findall(answers[url])]
    return answers


def kept():
    """Every row of every table, and every copy of a page."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT string_agg(row_to_json(t)::text, chr(10)) FROM "{table}" t')
            found[f"table {table}"] = cursor.fetchone()[0] or ""
    for copies in caches["pages"].get_many([f"pages:{number}" for number in range(SLOTS)]).values():
        for url, (_, _, body) in copies.items():
            found[f"copy of {url}"] = zlib.decompress(body).decode(errors="replace")  # a paper is read above
    return found


def forms(text):
    """A text as it is, and as it is escaped, encoded or digested without a key; in small letters."""
    plain = text.encode()
    yield from (text, html.escape(text), html.escape(html.escape(text)), quote(text), quote(text, safe=""))
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], plain.hex())
    yield from (hashlib.md5(plain).hexdigest(), hashlib.sha256(plain).hexdigest())  # noqa: S324
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):  # wherever in a longer text it stands
            encoded = encode(b" " * before + plain).decode()
            yield encoded[-(-before * 4 // 3) : (before + len(plain)) * 4 // 3]


def any_of(words, depth=0):
    """A pattern of sorted words that reads each letter of a text once, however many they are."""
    if len(words) == 1:
        return re.escape(words[0][depth:])
    groups = [list(group) for _, group in groupby(words, key=lambda word: word[depth : depth + 1])]
    return "(?:" + "|".join(re.escape(one[0][depth]) + any_of(one, depth + 1) for one in groups) + ")"


def seen(places, *givers):
    """Where a name, an id or an address of these givers is, in any form."""
    words = {
        form.lower()
        for one in givers
        for text in (one.name, one.external_id, one.url)
        for form in forms(text)
    }
    net = re.compile(any_of(sorted(words)))
    return {place for place, text in places.items() if net.search(text.lower())}


@pytest.mark.parametrize(
    "text", [text for one in [canary(7)] for text in (one.name, one.external_id, one.url)]
)
def test_the_net_catches_a_text_in_each_of_its_forms(text):
    places = {form: f"<p>…{form}…</p>" for form in forms(text)}
    places |= {f"{n} before": b64encode(b"x" * n + text.encode() + b"yy").decode() for n in range(4)}
    assert seen(places, canary(7)) == places.keys()
    assert seen(places, canary(8)) == set()


def everything():
    """What any visitor and any viewer is answered, and what is kept."""
    start = ["/en/", "/de/", *by_name(ANYONE)]
    with translation.override("de"):
        start += by_name(ANYONE)
    public = crawl(Client(), ANYONE, start)
    viewer = Client()
    viewer.force_login(factories.UserFactory(role="viewer"))
    start = [*by_name(Role.VIEWER), "/staff/history.csv", "/staff/history.json"]
    return public | crawl(viewer, Role.VIEWER, start, ENOUGH) | kept()


def test_nobody_reads_anything_of_who_gives_without_a_name(caplog, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    caplog.set_level(logging.DEBUG)
    books()
    assert Message.objects.filter(to="reader@example.org").exists()
    places = everything() | {"log": caplog.text}
    anonymous = [canary(number) for number in range(DONORS + PROMISERS)]
    assert seen(places, *anonymous) == set()
    # Whoever may be named is found: so the pages were looked at, and names are looked for.
    pages = {f"/{language}/campaigns/{slug}/" for language in ("en", "de") for slug in ("bridges", "ended")}
    named = seen(places, canary(999, public=True))
    assert named >= pages | {f"copy of {page}" for page in pages} | {"table funders_giver"}
