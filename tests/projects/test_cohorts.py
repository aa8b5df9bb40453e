"""What several people cost together: nobody reads what one of them costs, at any time and by no subtraction."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.cohorts import FEWEST, Person, Together, together

JUN, JUL = date(2026, 6, 1), date(2026, 7, 1)
MAY_END, JUN_END = date(2026, 5, 31), date(2026, 6, 30)


def person(who, per_month, purpose="maintenance", since=None, until=None, **fields):
    return Person(who, Decimal(per_month), purpose, since, until, **fields)


def three(**fields):
    return [person(who, minor, **fields) for who, minor in (("ann", 100), ("bob", 200), ("cy", 300))]


def sums(rows):
    return [(one.per_month, one.purpose, one.starts_on, one.ends_on, one.in_kind) for one in together(rows)]


WORKED = [
    # what it shows, the rows, the sums: a month, purpose, from, until, in kind
    ("three are told together", three(), [(600, "maintenance", None, None, False)]),
    ("two are not told", three()[:2], [(None, None, None, None, False)]),
    ("one person in three rows is one person", [person("ann", 1, p) for p in ("security", "features", "community")], [(None, None, None, None, False)]),
    ("nobody costs nothing", [], []),
    ("two purposes with three each stand apart", three() + three(purpose="security"), [(600, "maintenance", None, None, False), (600, "security", None, None, False)]),
    ("a purpose with one person is not told apart", [*three(), person("dee", 50, "security")], [(650, None, None, None, False)]),
    ("a fourth who begins is not told by the difference", [*three(), person("dee", 50, since=JUN)], [(600, "maintenance", None, None, False)]),
    ("three who begin at once are", three() + [person(who, 10, since=JUN) for who in "def"], [(600, "maintenance", None, MAY_END, False), (630, "maintenance", JUN, None, False)]),
    ("three who began one by one are told with the third", [*three(), person("d", 1, since=date(2026, 4, 1)), person("e", 1, since=date(2026, 5, 1)), person("f", 1, since=JUN)], [(600, "maintenance", None, MAY_END, False), (603, "maintenance", JUN, None, False)]),
    ("a raise of one is carried forward", [*three()[:2], person("cy", 300, until=MAY_END), person("cy", 400, since=JUN)], [(600, "maintenance", None, None, False)]),
    ("raises of three are told", three(until=MAY_END) + [person(who, 500, since=JUN) for who in ("ann", "bob", "cy")], [(600, "maintenance", None, MAY_END, False), (1500, "maintenance", JUN, None, False)]),
    ("where two go the sum stays", [person("ann", 100), *three(until=MAY_END)[1:]], [(600, "maintenance", None, None, False)]),
    ("where all go nothing is left", three(until=MAY_END), [(600, "maintenance", None, MAY_END, False)]),
    ("before the third came it is not told", [*three()[:2], person("cy", 300, since=JUN)], [(None, None, None, MAY_END, False), (600, None, JUN, None, False)]),
    ("in kind is a sum of its own", three() + three(in_kind=True), [(600, "maintenance", None, None, False), (600, "maintenance", None, None, True)]),
    ("one in kind is left out", [*three(), person("dee", 5, in_kind=True)], [(600, "maintenance", None, None, False)]),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "wanted"), [row[1:] for row in WORKED], ids=[row[0] for row in WORKED])
def test_worked_examples(rows, wanted):
    assert sums(rows) == wanted


def test_a_sum_holds_on_its_days():
    told = Together(Decimal(1), None, JUN, JUN_END)
    assert [told.holds(day) for day in (MAY_END, JUN, JUN_END, JUL)] == [False, True, True, False]


DAYS = st.none() | st.integers(1, 12).map(lambda month: date(2026, month, 1))
ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcdefg"),
        st.sampled_from(["maintenance", "security"]),
        DAYS,
        st.none() | st.integers(1, 12).map(lambda month: date(2026, month, 28)),
    ),
    max_size=14,
)


@settings(max_examples=200, deadline=None)
@given(ROWS)
def test_no_sum_and_no_change_of_one_is_made_of_fewer_than_three(drawn):
    """Each row costs a power of two, so that a sum says by its digits of whom it is."""
    rows = [Person(who, Decimal(2**n), *rest) for n, (who, *rest) in enumerate(drawn)]
    told = together(rows)
    for purpose in {one.purpose for one in told}:
        before = set()
        for one in (one for one in told if one.purpose == purpose and one.per_month is not None):
            now = {row for row in rows if int(one.per_month or 0) & int(row.per_month)}
            for people in (now, now ^ before):
                assert len({row.who for row in people}) in {0, *range(FEWEST, 8)}
            before = now


@given(ROWS)
def test_a_purpose_is_told_apart_only_where_no_purpose_is_withheld(drawn):
    told = together([Person(who, Decimal(1), *rest) for who, *rest in drawn])
    assert not any(one.per_month is None for one in told) or {one.purpose for one in told} == {None}
