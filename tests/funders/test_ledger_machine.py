"""The ledger against a small model in memory: any order, replay, edit, refund, dispute, twin, cancellation.

The model keeps the newest version of each record and works out what counts the slow, obvious way.
"""

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from funders import ledger
from funders.connectors.base import TAKEN_BACK, GiverRef, Kind
from funders.invariants import findings
from funders.models import Correction, DailyTotal, Source
from fundtracker.money import Money
from tests.funders.test_ledger import T0, gift

pytestmark = pytest.mark.django_db

# More in a long run: FUNDTRACKER_EXAMPLES=1000.
EXAMPLES = int(os.environ.get("FUNDTRACKER_EXAMPLES", "40"))
ids = st.sampled_from(["a", "b", "observed:c"])
sources = st.sampled_from(["low", "high"])
gifts = st.builds(
    lambda id, minor, on, ref, giver, fee: gift(
        id, minor, on=on, payment_ref=ref, giver=GiverRef(giver), fee=fee
    ),
    ids,
    st.integers(1, 9),
    st.integers(1, 4),
    st.sampled_from(["", "", "p1", "p2"]),
    st.sampled_from(["alice", "aggregator"]),
    st.sampled_from([None, -1]),
)
taken_back = st.builds(
    lambda id, of, minor, on, kind: gift(
        id, minor if kind == Kind.CHARGEBACK else -abs(minor), on=on, kind=kind, refunds_external_id=of
    ),
    st.sampled_from(["r1", "r2", "r3"]),
    ids,
    st.integers(-9, 9).filter(bool),
    st.integers(1, 9),
    st.sampled_from(sorted(TAKEN_BACK)),
)


class Books(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.sources = {
            name: Source.objects.create(
                slug=name, name=name, kind="manual", rank=rank, aggregators=["aggregator"]
            )
            for name, rank in (("low", 1), ("high", 2))
        }
        self.clock = 0
        self.said = []
        self.held = []
        self.known = {}
        self.corrected = {}

    def teardown(self):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
        self.sandbox.__exit__(None, None, None)

    @rule(
        name=sources,
        receipts=st.lists(st.one_of(gifts, taken_back), min_size=1, max_size=3),
        held=st.booleans(),
    )
    def the_provider_says(self, name, receipts, held):
        self.clock += 1
        page = [self._seen(receipt, self.clock * 10 + n) for n, receipt in enumerate(receipts)]
        if held:
            self.held.append((name, page))
        else:
            self.said.append((name, page))
            self._record(name, page)

    @precondition(lambda self: self.held)
    @rule()
    def a_page_that_was_held_up_arrives_for_the_first_time(self):
        name, page = self.held.pop(0)
        self.said.append((name, page))
        self._record(name, page)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def an_old_page_arrives_again_shuffled(self, data):
        name, page = data.draw(st.sampled_from(self.said))
        self._record(name, data.draw(st.permutations(page)))

    @rule(name=sources, id=st.one_of(ids, st.sampled_from(["r1", "r2"])))
    def a_record_is_gone(self, name, id):
        self.clock += 1
        seen = T0 + timedelta(hours=self.clock * 10)
        ledger.cancel(self.sources[name], [id], seen=seen)
        if (name, id) in self.known and self.known[name, id][1] is not None:
            self.known[name, id] = (seen, None)

    @precondition(lambda self: self.known)
    @rule(
        data=st.data(),
        says=st.sampled_from(Correction.Says.values[1:]),
        kind=st.sampled_from([Kind.DONATION, Kind.TRANSFER]),
        minor=st.integers(1, 9),
        on=st.integers(1, 4),
    )
    def staff_correct_a_record(self, data, says, kind, minor, on):
        name, id = data.draw(st.sampled_from(sorted(self.known)))
        if id.startswith("r"):
            kind, minor = Kind.REFUND, -minor
        day = (T0 + timedelta(days=on - 10)).date()
        correction = Correction.objects.create(
            source=self.sources[name], external_id=id, says=says, kind=kind, amount_minor=minor, currency="EUR",
            day=day, why="the bank says so",
        )  # fmt: skip
        self.corrected[name, id] = correction
        ledger.correct(self.sources[name], id)

    @rule(rank=st.integers(0, 3))
    def staff_change_a_rank(self, rank):
        source = self.sources["low"]
        source.rank = rank
        source.save()
        ledger.restand(source)

    @staticmethod
    def _seen(receipt, hours):
        return replace(receipt, seen=T0 + timedelta(hours=hours))

    def _record(self, name, page):
        ledger.record(self.sources[name], page)
        for receipt in sorted(page, key=lambda receipt: receipt.seen):
            seen, live = self.known.get((name, receipt.external_id), (None, None))
            if seen is None or receipt.seen > seen:
                same = live is not None and self._content(live) == self._content(receipt)
                self.known[name, receipt.external_id] = (seen if same else receipt.seen, receipt)

    @staticmethod
    def _content(receipt):
        return (receipt.kind, receipt.amount, receipt.fee, receipt.occurred_at, receipt.giver, receipt.payment_ref,
                receipt.refunds_external_id)  # fmt: skip

    def _live(self):
        """What providers say, and staff where they say otherwise."""
        said = {
            key: self._as_corrected(receipt, self.corrected.get(key))
            for key, (_, receipt) in self.known.items()
        }
        return {key: receipt for key, receipt in said.items() if receipt}

    @staticmethod
    def _as_corrected(receipt, correction):
        if receipt is None or (correction and correction.says == "nothing"):
            return None
        if correction is None or correction.says == "source":
            return receipt
        is_same_day = correction.day == receipt.occurred_at.date()
        return replace(
            receipt, kind=Kind(correction.kind), amount=Money(correction.amount_minor, "EUR"),
            occurred_at=receipt.occurred_at if is_same_day else datetime.combine(correction.day, time(), UTC),
        )  # fmt: skip

    def _winner(self, reference, live):
        """The source whose records of a payment all count, and whether it only observed them."""
        observed, _, pk = min(
            (id.startswith("observed:"), -self.sources[name].rank, self.sources[name].pk)
            for (name, id), receipt in live.items()
            if receipt.payment_ref == reference
            and receipt.kind == Kind.DONATION
            and receipt.giver.external_id != "aggregator"
        )
        return observed, pk

    def _stands(self, name, id, receipt, live):
        """What a gift counts as."""
        if receipt.kind == Kind.TRANSFER:
            return "transfer"
        if receipt.giver.external_id == "aggregator":
            return "transfer"
        mine = (id.startswith("observed:"), self.sources[name].pk)
        if receipt.payment_ref and self._winner(receipt.payment_ref, live) != mine:
            return "twin"
        return "donation"

    def expected(self):
        totals = Counter()
        live = self._live()
        for (name, id), receipt in live.items():
            if receipt.kind not in TAKEN_BACK:
                stands = self._stands(name, id, receipt, live)
                totals[stands, receipt.occurred_at.date()] += receipt.amount.minor
                if receipt.fee:
                    fee_as = "twin" if stands == "twin" else "fee"
                    totals[fee_as, receipt.occurred_at.date()] += receipt.fee.minor
                if receipt.kind == Kind.DONATION:
                    self._take_back(totals, name, id, receipt, live)
        for (name, _), receipt in live.items():
            if receipt.kind in TAKEN_BACK and not self._is_gift(
                live.get((name, receipt.refunds_external_id))
            ):
                totals["waiting", receipt.occurred_at.date()] += receipt.amount.minor
        return {key: minor for key, minor in totals.items() if minor}

    @staticmethod
    def _is_gift(receipt):
        return receipt is not None and receipt.kind == Kind.DONATION

    def _take_back(self, totals, name, id, original, live):
        stands = self._stands(name, id, original, live)
        taken = sorted(
            (r.occurred_at, r.amount.minor, r.external_id, r)
            for (where, _), r in live.items()
            if where == name and r.kind in TAKEN_BACK and r.refunds_external_id == id
        )
        # Disputes first, whatever their days: a refund may take back what open and lost ones leave.
        left = original.amount.minor
        for kind in (Kind.CHARGEBACK, Kind.REFUND):
            taken_so_far = 0
            for when, minor, _, receipt in taken:
                if receipt.kind != kind:
                    continue
                if -left <= taken_so_far + minor <= 0:
                    taken_so_far += minor
                    counted = kind.value if stands == "donation" else stands
                    totals[counted, original.occurred_at.date()] += minor
                else:
                    totals["waiting", when.date()] += minor
            left += taken_so_far

    @invariant()
    def daily_totals_are_what_the_model_says(self):
        found = Counter()
        for row in DailyTotal.objects.all():
            found[row.counted_as, row.value_date] += row.amount_minor
        assert {key: minor for key, minor in found.items() if minor} == self.expected()

    @invariant()
    def the_books_check(self):
        with transaction.atomic():
            assert [finding.check.name for finding in findings() if finding.wrong] == []


def test_the_ledger_is_its_model_in_any_order_of_events():
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            # Shrinking a failure would run the database for minutes; the blob repeats it as it was.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )
