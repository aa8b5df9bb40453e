"""Ask a source for one page and book nothing of it, for somebody who waits for the answer."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from funders import connectors, ledger, promises
from funders.connectors.base import Page, Receipt, Rejected
from funders.models import Source
from funders.models.sealing import Unopened
from fundtracker.http import FetchError, hurried

SECONDS = 12.0
MOST_ITEMS = 500


@dataclass(slots=True)
class Found:
    """`total` is the provider's own count, `read` what was looked at here, from its `first` day to its `latest`."""

    total: int | None = None
    read: int = 0
    first: date | None = None
    latest: date | None = None
    rejected: int = 0
    why: str = ""
    hurried: bool = False


class Unreachable(Exception):
    """It does not answer as it should, in words that say how to mend it."""


def probe(source: Source) -> Found:
    """Unreachable if it cannot be read. Of a file there is nothing to ask: KeyError."""
    found = Found()
    with hurried(SECONDS) as hurry:
        try:
            account = source.as_account()
            for page in connectors.get(source.kind).fetch(account, source.cursor, full=False):
                found.total = page.total if found.total is None else found.total
                _look(page, source, found)
                if found.read:
                    break
        except (FetchError, Rejected, Unopened) as error:
            if not (hurry.answers and isinstance(error, FetchError) and hurry.is_over):
                raise Unreachable(ledger.legible(source.hushed(str(error)))) from None
            found.hurried = True
    return found


def _look(page: Page, source: Source, found: Found) -> None:
    connector, account = connectors.get(source.kind), source.as_account()
    for where, item in islice(page.items, MOST_ITEMS):
        found.read += 1
        try:
            for said in connector.parse(item, account, page.asked_at):
                if isinstance(said, Receipt):
                    ledger.check(said)
                    when = said.occurred_at
                    day = when.date() if isinstance(when, datetime) else when
                    found.first, found.latest = min(found.first or day, day), max(found.latest or day, day)
                else:
                    promises.check(said)
        except Rejected as error:
            found.rejected += 1
            found.why = found.why or ledger.legible(source.hushed(f"{where}: {error}"))
