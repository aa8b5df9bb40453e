"""The table of twins: one payment that two sources tell of counts once, whichever was read first."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from django.core.files.base import ContentFile
from django.utils import timezone

from funders import ledger
from funders.connectors import civicrm, opencollective, opencollective_csv, stripe
from funders.connectors.base import Account, Receipt
from funders.models import DailyTotal, Source
from funders.models.ledger import RAISED
from funders.sandbox.server import Server
from funders.sync import sync
from tests.funders.connectors import test_civicrm, test_stripe
from tests.funders.connectors.cases import CASES, Case
from tests.funders.connectors.test_opencollective import GIFT, NOW, SPONSORS, nodes
from tests.funders.sandboxes import sandbox

pytestmark = pytest.mark.django_db
LATE = datetime(2025, 12, 20, 12, tzinfo=UTC)
FILES = {"camt053": "/bank/statement.xml"}
# It tells of promises only, so the matrix of bad money has no case of it.
LIBERAPAY = Case("liberapay", "sandbox", "/liberapay", lambda body: [], token="")
BOTH_ORDERS = pytest.mark.parametrize("order", [(0, 1), (1, 0)])
RANKS = (("crm", 1), ("processor", 0))
Sums = dict[tuple[str, str, str], int]


def raised() -> Sums:
    """What counts, in gross and in net, and the monthly part of it, in each currency."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for row in DailyTotal.objects.filter(counted_as__in=(*RAISED, "fee", "tax")):
        part = "gross" if row.counted_as in RAISED else "taken"
        sums[part, row.currency, row.frequency] += row.amount_minor
    return {key: minor for key, minor in sums.items() if minor}


def read(server: Server, kind: str, slug: str, rank: int = 0) -> Source:
    source = Source(slug=slug, name=slug, kind=kind, rank=rank)
    if kind in FILES:
        source.save()
        content = ContentFile(requests.get(server.url + FILES[kind], timeout=30).content, slug)
        source.uploads.create(file=content, name=slug, digest=slug, uploaded_at=timezone.now())
    else:
        case = CASES.get(kind, LIBERAPAY)
        source.account, source.options, source.token = case.account, dict(case.options), case.token
        source.base_url = server.url + case.path
        source.save()
    run = sync(source)
    assert (run.state, run.error, run.rejected) == ("complete", "", 0)
    return source


@pytest.fixture
def server(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    with sandbox(lambda: LATE, live=LATE + timedelta(days=1)) as server:
        server.limiter.take = lambda *asked: ({}, 0.0)
        yield server


def alone(server: Server, *kinds: str) -> Sums:
    """What these say when each is the only one, in a ledger of its own."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for kind in kinds:
        before = raised()
        source = read(server, kind, f"{kind}-alone")
        after = raised()
        sums.update({key: after.get(key, 0) - before.get(key, 0) for key in after.keys() | before.keys()})
        known = list(source.entries.values_list("external_id", flat=True).distinct())
        ledger.cancel(source, known, seen=timezone.now())
    return {key: minor for key, minor in sums.items() if minor}


# (what is read, and which of them say all that is raised)
PAIRS: list[tuple[tuple[str, str], tuple[str, ...]]] = [
    (("donorbox", "stripe"), ("stripe",)),
    (("patreon", "stripe"), ("patreon", "stripe")),
    (("civicrm", "stripe"), ("civicrm", "stripe")),
    (("liberapay", "stripe"), ("stripe",)),
    (("donorbox", "camt053"), ("donorbox",)),
    (("stripe", "camt053"), ("stripe",)),
]


@BOTH_ORDERS
@pytest.mark.parametrize(("pair", "whole"), PAIRS)
def test_what_two_sources_tell_of_is_raised_once(pair, whole, order, server):
    true = alone(server, *whole)
    assert true
    for place in order:
        read(server, pair[place], pair[place], rank=1 if pair[place] == "stripe" else 0)
    found = {key: minor for key, minor in raised().items() if key[0] == "gross"}
    assert found == {key: minor for key, minor in true.items() if key[0] == "gross"}
    if "camt053" not in pair:  # whose bank charges are fees of its own
        assert raised() == true


def receipts(parse: Callable[..., Any], item: Any, account: Account) -> list[Receipt]:
    return [one for one in parse(item, account, NOW) if isinstance(one, Receipt)]


def exported(node: Any) -> dict[str, str]:
    """The same payment as Open Collective's export has it."""
    cents = node["amountInHostCurrency"]
    return {
        opencollective_csv.WHEN: node["clearedAt"] or node["createdAt"],
        opencollective_csv.ID: node["id"],
        opencollective_csv.SIDE: node["type"],
        opencollective_csv.KIND: node["kind"],
        opencollective_csv.GROUP: node["group"],
        opencollective_csv.AMOUNT: str(cents["valueInCents"] / 100),
        opencollective_csv.CURRENCY: cents["currency"],
        opencollective_csv.FEE: "0",
        opencollective_csv.TAX: "0",
        opencollective_csv.REVERSE: "REVERSE" if node["isRefund"] else "",
        opencollective_csv.ORIGINAL: (node["refundTransaction"] or {}).get("id", ""),
        opencollective_csv.ACCOUNT: "example",
        opencollective_csv.GIVER: "alice",
    }


@BOTH_ORDERS
@pytest.mark.parametrize("refund_first", [True, False])
def test_a_gift_and_its_refund_in_open_collectives_api_and_in_its_export_count_once(order, refund_first):
    account, refund = Account("example"), nodes("transactions")[1]
    of = [GIFT, refund][:: -1 if refund_first else 1]
    said = [
        [one for node in of for one in receipts(opencollective.parse, node, account)],
        [one for node in of for one in receipts(opencollective_csv.parse, exported(node), account)],
    ]
    sources = [Source.objects.create(slug=slug, name=slug, kind="manual") for slug in ("api", "export")]
    for place in order:
        for receipt in said[place]:
            ledger.record(sources[place], [receipt])
    gross = Counter({row.counted_as: 0 for row in DailyTotal.objects.all()})
    for row in DailyTotal.objects.all():
        gross[row.counted_as] += row.amount_minor
    assert (gross["donation"], gross["refund"], gross["twin"]) == (12100, -12100, 0)


@BOTH_ORDERS
def test_what_civicrm_took_by_stripes_charge_counts_once(order):
    charged = test_stripe.GIFT
    dues = {**test_civicrm.GIFT, "trxn_id": charged["source"]["id"]}
    said = [
        receipts(civicrm.parse, dues, test_civicrm.ACCOUNT),
        receipts(stripe.parse, charged, test_stripe.ACCOUNT),
    ]
    sources = [Source.objects.create(slug=slug, name=slug, kind="manual", rank=rank) for slug, rank in RANKS]
    for place in order:
        ledger.record(sources[place], said[place])
    counted = DailyTotal.objects.filter(counted_as__in=RAISED, amount_minor__gt=0)
    assert [(row.source.slug, row.amount_minor) for row in counted] == [("crm", said[0][0].amount.minor)]


def test_what_github_paid_into_open_collective_is_a_transfer_there():
    host = Source.objects.create(
        slug="host", name="Host", kind="manual", aggregators=["giver-github-sponsors"]
    )
    ledger.record(host, receipts(opencollective.parse, SPONSORS, Account("example")))
    assert set(DailyTotal.objects.values_list("counted_as", "amount_minor")) == {
        ("transfer", 20000),
        ("fee", -2000),
    }
