"""The sandbox foundation's account at a bank, as camt.053.001.08: one statement a month, the last one up to now.

What providers pay out is taken from the same books that their sandboxes show. Transfers, a batch of direct debits
every third month with one that comes back, charges and bills are the account's own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from xml.etree import ElementTree

from funders.sandbox.foundation import CHARGED_BY_STRIPE, EPOCH, Books, Foundation, giver
from funders.sandbox.speech import Answer, Question, text

PREFIX = "/bank"
NOTICE = (
    "GET /bank/statement.xml?from=2025-10&to=2026-01   The account's statements, camt.053, without a token\n"
)
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
IBAN, OWNER, CURRENCY = "DE02100100100000000053", "Sandbox Foundation", "EUR"
PAYERS = (
    ("Stripe Technology Europe Ltd", CHARGED_BY_STRIPE),
    ("Patreon Ireland Limited", frozenset({"patreon"})),
    ("GITHUB SPONSORS", frozenset({"github"})),
)
AMOUNTS = (1000, 2500, 5000, 7500, 25_000)
OPENING = 120_000
CHARGE, BILL = 490, 3900
CREDIT, DIRECT_DEBIT, FEES = ("RCDT", "ESCT"), ("RDDT", "ESDD"), ("MDOP", "CHRG")


@dataclass(frozen=True, slots=True)
class Part:
    """Cents that came in or, below 0, went out; `iban` is the other side's."""

    cents: int
    name: str
    iban: str
    end_to_end: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    day: date
    key: str
    family: tuple[str, str]
    parts: tuple[Part, ...]
    status: str = "BOOK"
    reversal: bool = False

    @property
    def cents(self) -> int:
        return sum(part.cents for part in self.parts)


def answer(question: Question) -> Answer:
    if question.path != "/statement.xml" or question.method != "GET":
        return text("Not found: GET /bank/statement.xml\n", 404)
    first, last = question.param("from", "0000-00"), question.param("to", "9999-99")
    document = statements(question.foundation, question.now, lambda month: first <= f"{month:%Y-%m}" <= last)
    return Answer(200, document, {"Content-Disposition": "attachment"}, kind="application/xml")


def statements(foundation: Foundation, now: datetime, is_asked: Callable[[date], bool]) -> bytes:
    balance, asked = OPENING, []
    for month, entries in months(foundation, now):
        opening = balance
        balance += sum(entry.cents for entry in entries if entry.status == "BOOK")
        if is_asked(month):
            asked.append(_statement(foundation, now, month, entries, (opening, balance)))
    header = tag(
        "GrpHdr", tag("MsgId", foundation.id(f"bank message {now}")), tag("CreDtTm", now.isoformat())
    )
    document = tag("Document", tag("BkToCstmrStmt", header, *asked), xmlns=NAMESPACE)
    ElementTree.indent(document, " ")
    return bytes(ElementTree.tostring(document, encoding="UTF-8", xml_declaration=True))


def months(foundation: Foundation, now: datetime) -> Iterator[tuple[date, list[Entry]]]:
    """Each month since the beginning with its lines up to now; the day of now has one that is not booked yet."""
    books, month, before = foundation.at(now), EPOCH, EPOCH
    while month <= now.date():
        entries = [
            *_payouts(books, before, month),
            *_transfers(foundation, month),
            *_batch(foundation, month),
            Entry(month.replace(day=25), "bill", CREDIT, (_part(-BILL, "Example Hosting BV", "Invoice"),)),
            Entry(month.replace(day=28), "charge", FEES, (Part(-CHARGE, "", "", "", "Account fee"),)),
        ]
        shown = sorted((one for one in entries if one.day <= now.date()), key=lambda one: one.day)
        if month == now.date().replace(day=1):
            shown.append(
                Entry(now.date(), "pending", CREDIT, (_part(5000, giver(1).name, "Donation"),), "PDNG")
            )
        yield month, shown
        before, month = month, (month + timedelta(days=31)).replace(day=1)


def _payouts(books: Books, before: date, month: date) -> Iterator[Entry]:
    for payer, channels in PAYERS:
        cents = sum(
            payment.cents * 97 // 100
            for payment in books.through(*channels).payments
            if before <= payment.at.date() < month and not (payment.failed or payment.test)
            if payment.currency == (CURRENCY if "github" not in channels else "USD")
        )
        if cents:
            part = _part(cents, payer, "Payout")
            yield Entry(month.replace(day=5), f"payout {payer}", CREDIT, (part,))


def _transfers(foundation: Foundation, month: date) -> Iterator[Entry]:
    dice = Random(f"{foundation.seed} bank {month}")  # noqa: S311  generated data
    for place in range(dice.choice((2, 3, 4))):
        name = giver(dice.randrange(1, 300)).name
        part = _part(dice.choice(AMOUNTS), name, "Donation" if place else "Sandcastles forever")
        yield Entry(month.replace(day=dice.randint(1, 28)), f"transfer {place}", CREDIT, (part,))


def _batch(foundation: Foundation, month: date) -> Iterator[Entry]:
    """Direct debits of members, booked as one sum; the second of them comes back five days later."""
    if month.month % 3 != 1:
        return
    members = tuple(
        _part(500 * number, giver(number).name, "Membership", f"MEMBER-{month:%Y%m}-{number}")
        for number in (2, 4, 5)
    )
    yield Entry(month.replace(day=15), "members", DIRECT_DEBIT, members)
    second = members[1]
    back = Part(-second.cents, second.name, second.iban, second.end_to_end, "Insufficient funds")
    yield Entry(month.replace(day=20), "returned", ("RDDT", "UPDD"), (back,), reversal=True)


def _part(cents: int, name: str, words: str, end_to_end: str = "NOTPROVIDED") -> Part:
    iban = f"DE00SANDBOX{sum(name.encode()):011d}"
    return Part(cents, name, iban, end_to_end, words)


def _statement(
    foundation: Foundation, now: datetime, month: date, entries: list[Entry], balances: tuple[int, int]
) -> ElementTree.Element:
    end = min(now.date(), (month + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    return tag(
        "Stmt",
        tag("Id", f"{month:%Y-%m}"),
        tag("ElctrncSeqNb", f"{month:%m}"),
        tag("CreDtTm", now.isoformat()),
        tag("Acct", tag("Id", tag("IBAN", IBAN)), tag("Ccy", CURRENCY), tag("Ownr", tag("Nm", OWNER))),
        _balance("OPBD", balances[0], month),
        _balance("CLBD", balances[1], end),
        *(_entry(entry, foundation.id(f"bank {month} {entry.key}")[:16].upper()) for entry in entries),
    )


def _balance(code: str, cents: int, day: date) -> ElementTree.Element:
    return tag(
        "Bal",
        tag("Tp", tag("CdOrPrtry", tag("Cd", code))),
        *_money(cents),
        tag("Dt", tag("Dt", day.isoformat())),
    )


def _entry(entry: Entry, reference: str) -> ElementTree.Element:
    batch = len(entry.parts) > 1
    family, sub_family = entry.family
    return tag(
        "Ntry",
        *_money(entry.cents),
        *([tag("RvslInd", "true")] if entry.reversal else []),
        tag("Sts", tag("Cd", entry.status)),
        tag("BookgDt", tag("Dt", entry.day.isoformat())),
        tag("ValDt", tag("Dt", entry.day.isoformat())),
        tag("AcctSvcrRef", reference),
        tag(
            "BkTxCd",
            tag("Domn", tag("Cd", "PMNT"), tag("Fmly", tag("Cd", family), tag("SubFmlyCd", sub_family))),
        ),
        tag(
            "NtryDtls",
            *([tag("Btch", tag("NbOfTxs", str(len(entry.parts))), *_money(entry.cents))] if batch else []),
            *(_details(part, reversal=entry.reversal) for part in entry.parts),
        ),
        tag("AddtlNtryInf", "" if batch else entry.parts[0].text),
    )


def _details(part: Part, *, reversal: bool) -> ElementTree.Element:
    """What comes back keeps the parties of the first payment."""
    us = [tag("Nm", OWNER), tag("IBAN", IBAN)]
    other = [tag("Nm", part.name), tag("IBAN", part.iban)]
    debtor, creditor = (other, us) if (part.cents > 0) != reversal else (us, other)
    parties = tag(
        "RltdPties",
        tag("Dbtr", tag("Pty", debtor[0])),
        tag("DbtrAcct", tag("Id", debtor[1])),
        tag("Cdtr", tag("Pty", creditor[0])),
        tag("CdtrAcct", tag("Id", creditor[1])),
    )
    return tag(
        "TxDtls",
        tag("Refs", tag("EndToEndId", part.end_to_end)),
        *_money(part.cents),
        *([parties] if part.name else []),
        tag("RmtInf", tag("Ustrd", part.text)),
    )


def _money(cents: int) -> list[ElementTree.Element]:
    size = f"{abs(cents) // 100}.{abs(cents) % 100:02d}"
    return [tag("Amt", size, Ccy=CURRENCY), tag("CdtDbtInd", "CRDT" if cents >= 0 else "DBIT")]


def tag(name: str, *inside: "str | ElementTree.Element", **attributes: str) -> ElementTree.Element:
    element = ElementTree.Element(name, attributes)
    for one in inside:
        if isinstance(one, str):
            element.text = one
        else:
            element.append(one)
    return element
