"""The ledger: the only writer of Entry, Standing and DailyTotal.

A page of a hundred receipts and a file of a million take the same path: COPY into a temporary table, then
set-based SQL (ledger_sql.py, correction_sql.py, standing_sql.py). Recording twice is recording once, in any order, from any number of workers.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from funders import correction_sql, standing_sql
from funders import ledger_sql as sql
from funders.connectors.base import INCOMING, GiverRef, Kind, Receipt, Rejected
from funders.models import Source
from fundtracker.models import Site
from fundtracker.money import Money

# One writer at a time, whatever the source: twins and daily totals of other sources may move too.
LOCK = 0x66756E64
ID_LENGTH = 200
E_MAIL = re.compile(r"\S@\S")
# A clock without a day says 1970-01-01; and our neighbours' clocks may be ahead of ours.
OLDEST = date(1970, 1, 2)
AHEAD = timedelta(days=2)
# So many new entries at once, and what the planner knew of the table is no longer true: it takes a first import for
# a handful of rows, and loops over them for minutes.
ANALYZE_FROM = 10_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many receipts were new, changed what was known, or said nothing new."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Recorded") -> "Recorded":
        return Recorded(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


def check(receipt: Receipt) -> None:
    """Rejected, in words for staff, where the ledger cannot hold this receipt."""
    amount, kind, when = receipt.amount.minor, receipt.kind, receipt.occurred_at
    if isinstance(when, datetime) and when.tzinfo is None:
        raise Rejected("its time has no time zone")
    check_day(when)
    check_day(receipt.seen)
    if kind in INCOMING and amount < 0:
        raise Rejected(f"a {kind} of {receipt.amount} is negative: money given back is a refund")
    if kind == Kind.REFUND and amount > 0:
        raise Rejected(f"a refund of {receipt.amount} takes nothing back: its amount must be negative")
    for name, part in (("fee", receipt.fee), ("tax", receipt.tax)):
        if part and part.currency != receipt.amount.currency:
            raise Rejected(f"its {name} is in {part.currency} and its amount in {receipt.amount.currency}")
        if part and part.minor > 0 and kind in INCOMING:
            raise Rejected(f"its {name} of {part} adds to what was given: it must be negative")
    texts = (receipt.external_id, receipt.refunds_external_id, receipt.designation, receipt.payment_ref)
    check_texts(*texts, giver=receipt.giver)
    if not receipt.external_id or len(receipt.external_id) > ID_LENGTH:
        raise Rejected(f"its id must have 1 to {ID_LENGTH} characters")
    if max(len(receipt.designation), len(receipt.payment_ref), len(receipt.refunds_external_id)) > ID_LENGTH:
        raise Rejected(f"its designation, payment or original has more than {ID_LENGTH} characters")


def check_day(when: date) -> None:
    """Rejected where no money can have moved: a version from the future would outlive every true one."""
    if not OLDEST <= (when.date() if isinstance(when, datetime) else when) <= timezone.now().date() + AHEAD:
        raise Rejected(f"its date, {when:%Y-%m-%d}, cannot be right: it is too long ago, or has not come yet")


def check_texts(*texts: str, giver: GiverRef | None) -> None:
    """Rejected where one is no text, or one that nobody can read. A name may be unreadable: see `known`."""
    said = (*texts, giver.external_id) if giver else texts
    names = (giver.name, giver.url, giver.kind) if giver else ()
    if not all(isinstance(text, str) for text in (*said, *names)):
        raise Rejected("an id, a name or a label in it is no text: this needs a developer")
    if not all(map(printable, said)):
        raise Rejected("a text in it contains control characters: remove them")


def printable(text: str) -> bool:
    """Whether PostgreSQL and people can read all of it: no control characters, no halves of a character."""
    return not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text)


def legible(text: str) -> str:
    """All of it that is printable."""
    return "".join(letter for letter in text if printable(letter))


def known(giver: GiverRef) -> GiverRef:
    """What may be kept of a giver: nothing where the gift is not public, and never an e-mail address.

    Money is never refused for its giver's name: letters that nobody can read are left out of it.
    """
    if not giver.public:
        return GiverRef("")
    name = legible(giver.name)[:200].strip()
    is_web = giver.url.startswith(("https://", "http://")) and printable(giver.url) and len(giver.url) <= 500
    return GiverRef(
        external_id="" if E_MAIL.search(giver.external_id) else giver.external_id[:ID_LENGTH],
        name="" if E_MAIL.search(name) else name,
        public=True,
        kind=giver.kind,
        url=giver.url if is_web and not E_MAIL.search(giver.url) else "",
    )


def giver_digest(source_id: int, external_id: str, *, public: bool) -> str:
    """The key of one identity at one source. A named and an anonymous gift of one giver share nothing."""
    message = f"{source_id}:{'public' if public else 'anonymous'}:{external_id}"
    return hmac.digest(settings.GIVER_KEY.encode(), message.encode(), "sha256").hex()


@transaction.atomic
def record(
    source: Source, receipts: Iterable[Receipt], *, asked_at: datetime | None = None, rehearsal: bool = False
) -> Recorded:
    """Book what a source said; the caller's cursor moves in the same transaction.

    `asked_at` is when its page was asked for: that, and not the record's own version, shows that a record which was
    taken back is listed again. Without it the version stands for it.

    A `rehearsal` is to be rolled back: it stops where it is known how entries would stand, moves no standing and no
    daily total, and keeps no writer waiting. The caller holds the source's lease, and gives way where it must wait.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.BEGIN)
        zone = Site.current().zone
        with cursor.copy(sql.COPY_RECEIPTS) as copy:
            for number, receipt in enumerate(receipts):
                fee, tax = (part.minor if part else 0 for part in (receipt.fee, receipt.tax))
                head = (number + 1, asked_at or receipt.seen, fee, tax)
                for row in _rows(source.pk, receipt, zone):
                    copy.write_row((*head, *row))
        # Reading a file takes longer than booking it, and keeps nobody waiting.
        if rehearsal:
            cursor.execute(sql.GIVE_WAY)
        else:
            hold()
        return _post(cursor, source, rehearsal=rehearsal)


@transaction.atomic
def cancel(source: Source, external_ids: Sequence[str], *, seen: datetime) -> Recorded:
    """Take back records that two whole runs no longer listed: a reversal without a replacement."""
    with connection.cursor() as cursor:
        _begin(cursor)
        cursor.execute(sql.STAGE_CANCELLED, {"source": source.pk, "ids": list(external_ids), "seen": seen})
        return _post(cursor, source)


@transaction.atomic
def correct(source: Source, external_id: str) -> None:
    """Make one record what its last correction in force says: reversals and replacements that name it."""
    with connection.cursor() as cursor:
        _begin(cursor)
        here = {"source": source.pk, **parameters()}
        cursor.execute("INSERT INTO receipt (external_id) VALUES (%s)", [external_id])
        cursor.execute(correction_sql.CORRECT, here)
        cursor.execute(standing_sql.TOUCH, here)
        _settle(cursor, here)


@transaction.atomic
def restand(source: Source) -> int:
    """After a change of the source's rank or aggregators: how many of all entries now count otherwise."""
    with connection.cursor() as cursor:
        _begin(cursor)
        cursor.execute(standing_sql.TOUCH_SOURCE, {"source": source.pk})
        return _settle(cursor, parameters())


def start_sighting() -> None:
    """Begin to note which records a whole run lists. Kept by this connection only: a killed run proves nothing."""
    with connection.cursor() as cursor:
        cursor.execute(sql.START_SIGHTING)


def sight() -> None:
    """Note the records of the receipts just recorded; inside their transaction."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SIGHT)


def unlisted(source: Source) -> tuple[list[str], int]:
    """Ids of live records that the whole run did not list, and how many live records there are."""
    with connection.cursor() as cursor:
        cursor.execute(sql.UNLISTED, {"source": source.pk})
        missing, live = cursor.fetchone()
    return missing, live


def hold() -> None:
    """Nobody else writes the ledger until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def last_moves() -> list[tuple[Any, ...]]:
    """By how much each day's sums moved when this transaction last booked: the columns of LAST_MOVES."""
    with connection.cursor() as cursor:
        cursor.execute(standing_sql.LAST_MOVES)
        return list(cursor.fetchall())


def _begin(cursor: CursorWrapper) -> None:
    hold()
    cursor.execute(sql.BEGIN)


def _rows(source_id: int, receipt: Receipt, zone: ZoneInfo) -> Iterator[tuple[Any, ...]]:
    giver = receipt.giver
    who: tuple[str | None, ...] = (None, None, None, None, None)
    if giver is not None:
        digest, kept = giver_digest(source_id, giver.external_id, public=giver.public), known(giver)
        who = (digest, kept.external_id, kept.name, kept.url, kept.kind)
    occurred_at = receipt.occurred_at
    if not isinstance(occurred_at, datetime):
        occurred_at = datetime.combine(occurred_at, time(), zone)
    rest = (
        receipt.amount.currency,
        occurred_at,
        receipt.frequency.value,
        *who,
        bool(giver and giver.public),
        receipt.designation,
        receipt.purpose.value if receipt.purpose else None,
        receipt.payment_ref,
        receipt.refunds_external_id,
        receipt.seen,
    )
    yield (receipt.external_id, "gross", receipt.kind.value, receipt.amount.minor, *rest)
    parts: tuple[tuple[Kind, Money | None], ...] = ((Kind.FEE, receipt.fee), (Kind.TAX, receipt.tax))
    for kind, money in parts:
        if money:
            yield (receipt.external_id, kind.value, kind.value, money.minor, *rest)


def _post(cursor: CursorWrapper, source: Source, *, rehearsal: bool = False) -> Recorded:
    """From the staged receipts to entries, standings and daily totals."""
    settings_of_sources = parameters()
    here: dict[str, Any] = {"source": source.pk, **settings_of_sources}
    for statement in (
        sql.STAGE_NEWEST,
        sql.STAGE_LOST_PARTS,
        sql.UPSERT_GIVERS,
        sql.DRAFT,
        sql.INSERT_ENTRIES,
    ):
        cursor.execute(statement, here)
    if cursor.rowcount > ANALYZE_FROM:
        cursor.execute("ANALYZE funders_entry")
    cursor.execute(correction_sql.CORRECT, here)
    cursor.execute(standing_sql.TOUCH, here)
    if rehearsal:
        cursor.execute(standing_sql.expected("touched"), settings_of_sources)
    else:
        _settle(cursor, settings_of_sources)
    cursor.execute(sql.COUNT)
    return Recorded(*cursor.fetchone())


def _settle(cursor: CursorWrapper, settings_of_sources: dict[str, Any]) -> int:
    """Make standings what they must be, and move daily totals by the difference."""
    cursor.execute(standing_sql.expected("touched"), settings_of_sources)
    cursor.execute(standing_sql.MOVED, {})
    moved: int = cursor.rowcount
    cursor.execute(standing_sql.DROP_STANDINGS)
    cursor.execute(standing_sql.UPSERT_STANDINGS)
    cursor.execute(standing_sql.MOVE_DAILY_TOTALS, {})
    (emptied,) = cursor.fetchone()
    if emptied:
        cursor.execute("DELETE FROM funders_dailytotal WHERE id = ANY(%s)", [emptied])
    return moved


def parameters() -> dict[str, Any]:
    """What the SQL of standings asks for: digests of every identity whose money its source declares a transfer."""
    digests = [
        giver_digest(pk, external_id, public=public)
        for pk, ids in Source.objects.exclude(aggregators=[]).values_list("pk", "aggregators")
        for external_id in ids
        for public in (True, False)
    ]
    return {"aggregators": digests}
