"""camt.053: what a bank's line is, that a cut statement is refused, and that overlapping ones book once."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from django.core.files.base import ContentFile
from django.db.models import Sum
from pycamt.parser import Camt053Parser

from funders import sync
from funders.connectors import camt053, statements
from funders.connectors.base import Account, Kind, Receipt, Rejected, SchemaChanged
from funders.models import DailyTotal, Entry, Source, SyncRun, Upload
from funders.sandbox import bank
from funders.sandbox.foundation import Foundation
from fundtracker.money import Money
from tests.funders.sandboxes import NOON, everything, sandbox

FILE = Path(__file__).parent / "data" / "camt053" / "statement.xml"
NOW = datetime(2026, 4, 1, tzinfo=UTC)
LATER = NOON + timedelta(days=90)
SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
OWN, GIVER = "DE02100100100000000053", "DE00SANDBOX00000000007"


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def details(
    amount: str = "", name: str = "Sandbox Giver 7", iban: str = GIVER, end: str = "NOTPROVIDED", words: str = "",
    more: str = "",
) -> str:  # fmt: skip
    money = f'<Amt Ccy="EUR">{amount}</Amt>' if amount else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{end}</EndToEndId></Refs>{money}<RltdPties><Dbtr><Nm>{name}</Nm></Dbtr>"
        f"<DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct><CdtrAcct><Id><IBAN>{OWN}</IBAN></Id></CdtrAcct>"
        f"</RltdPties><RmtInf><Ustrd>{words}</Ustrd></RmtInf>{more}</TxDtls>"
    )


def entry(
    amount: str = "10.00", *parts: str, side: str = "CRDT", reference: str = "R1", status: str = "<Cd>BOOK</Cd>",
    day: str = "2026-03-02", more: str = "",
) -> str:  # fmt: skip
    reference = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    inside = "".join(parts or [details()])
    return (
        f'\n<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}<Sts>{status}</Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt>{reference}<NtryDtls>{inside}</NtryDtls></Ntry>"
    )


def balance(code: str, amount: str, side: str = "CRDT") -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f'<Bal>{kind}<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd></Bal>'


def document(closing: str, *entries: str, space: str = SPACE, head: str = "", opening: str = "100.00") -> str:
    account = f"<Id>S1</Id><Acct><Id><IBAN>{OWN}</IBAN></Id></Acct>"
    balances = balance("OPBD", opening) + balance("CLBD", closing)
    inside = f"<Stmt>{account}{balances}{''.join(entries)}</Stmt>"
    return f'{head}<Document xmlns="{space}"><BkToCstmrStmt>{inside}</BkToCstmrStmt></Document>'


Read = Callable[..., list[Receipt]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: str | bytes, **options: Any) -> list[Receipt]:
        path = tmp_path / "statement.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        account = Account("bank", options={"donations": ["*"]} | options, file=path)
        [page] = camt053.fetch(account, {}, full=False)
        found = [receipt for _, line in page.items for receipt in camt053.parse(line, account, NOW)]
        assert page.total == len(list(page.items))
        return found

    return read


def test_the_saved_statement_says_what_moved_and_nobodys_name(read):
    receipts = read(FILE.read_bytes(), donations=["Donation", "Sandcastles forever", "Membership"])

    assert [(one.kind, one.amount.minor, one.occurred_at) for one in receipts] == [
        (Kind.DONATION, 7500, date(2025, 10, 1)),
        (Kind.DONATION, 5000, date(2025, 10, 10)),
        (Kind.DONATION, 1000, date(2025, 10, 15)),
        (Kind.DONATION, 2000, date(2025, 10, 15)),
        (Kind.DONATION, 2500, date(2025, 10, 15)),
        (Kind.TRANSFER, -2000, date(2025, 10, 20)),
        (Kind.TRANSFER, -3900, date(2025, 10, 25)),
        (Kind.FEE, -490, date(2025, 10, 28)),
        (Kind.DONATION, 25000, date(2025, 11, 2)),
        (Kind.TRANSFER, 71780, date(2025, 11, 5)),
        (Kind.TRANSFER, 1455, date(2025, 11, 5)),
        (Kind.TRANSFER, 39285, date(2025, 11, 5)),
        (Kind.DONATION, 1000, date(2025, 11, 9)),
    ]
    assert "Sandbox Giver" not in repr(receipts)
    assert GIVER[:10] not in repr(receipts)
    assert {one.giver.public for one in receipts if one.giver} == {False}
    assert len({one.external_id for one in receipts}) == 13
    assert max(len(one.external_id) for one in receipts) < 100


@pytest.mark.parametrize(
    ("donations", "kind"),
    [
        ([], Kind.TRANSFER),
        (["*"], Kind.DONATION),
        (["sandbox giver 7"], Kind.DONATION),
        (["giver"], Kind.DONATION),
        (["give"], Kind.TRANSFER),
        (["DE00 SANDBOX 0000 0000 007"], Kind.DONATION),
        (["for the castle"], Kind.DONATION),
        (["SO-1"], Kind.DONATION),
        (["somebody else"], Kind.TRANSFER),
    ],
)
def test_only_what_the_settings_name_is_a_gift(read, donations, kind):
    gift = entry("10.00", details(end="SO-1", words="For the castle, with love"))
    [receipt] = read(document("110.00", gift), donations=donations)
    assert (receipt.kind, receipt.amount) == (kind, eur(1000))


@pytest.mark.parametrize(
    "payer", [*camt053.PAYOUTS, "STRIPE TECHNOLOGY EUROPE LTD", "PayPal (Europe) S.a r.l."]
)
def test_what_a_provider_pays_out_never_counts(read, payer):
    [by_name] = read(document("110.00", entry("10.00", details(name=payer))))
    [by_reference] = read(document("110.00", entry("10.00", details(words=f"payout {payer} March"))))
    assert (by_name.kind, by_reference.kind) == (Kind.TRANSFER, Kind.TRANSFER)
    assert by_name.giver is None


def test_a_payer_that_only_sounds_like_a_provider_gives(read):
    [gift] = read(document("110.00", entry("10.00", details(name="Pinstripe Example Ltd"))))
    assert gift.kind == Kind.DONATION


def test_staff_may_name_more_payers_and_name_a_provider_as_a_giver(read):
    line = document("110.00", entry("10.00", details(name="GitHub")))
    assert [one.kind for one in read(line, donations=["*", "github"])] == [Kind.DONATION]
    other = document("110.00", entry("10.00", details(name="Example Payments")))
    assert [one.kind for one in read(other, payouts=["Example Payments"])] == [Kind.TRANSFER]


def test_what_the_account_pays_is_no_gift_given_back(read):
    assert [(one.kind, one.amount) for one in read(document("90.00", entry(side="DBIT")))] == [
        (Kind.TRANSFER, eur(-1000))
    ]


def test_a_payment_that_staff_name_as_a_gift_sent_back_is_a_refund(read):
    back = entry("10.00", side="DBIT", reference="R9")
    [refund] = read(document("90.00", back), donations=["Membership"], originals={"R9": "the gift"})
    assert (refund.kind, refund.amount, refund.refunds_external_id) == (Kind.REFUND, eur(-1000), "the gift")


def test_what_comes_in_is_no_refund_whatever_staff_name(read):
    [gift] = read(document("110.00", entry("10.00", reference="R9")), originals={"R9": "the gift"})
    assert (gift.kind, gift.refunds_external_id) == (Kind.DONATION, "")


@pytest.mark.parametrize("originals", [["R9"], {"R9": 7}, "R9"])
def test_the_setting_of_originals_must_name_gifts(read, originals):
    with pytest.raises(Rejected, match="^The setting “originals” must be a table like"):
        read(document("90.00", entry("10.00", side="DBIT", reference="R9")), originals=originals)


@pytest.mark.parametrize(
    ("side", "more", "kind", "closing"),
    [
        ("DBIT", "", Kind.FEE, "90.00"),
        ("CRDT", "<RvslInd>true</RvslInd>", Kind.FEE, "110.00"),
        ("CRDT", "", Kind.DONATION, "110.00"),
    ],
)
def test_what_the_bank_charges_is_a_fee(read, side, more, kind, closing):
    code = "<BkTxCd><Domn><Fmly><SubFmlyCd>CHRG</SubFmlyCd></Fmly></Domn></BkTxCd>"
    [receipt] = read(
        document(closing, entry("10.00", side=side, more=more).replace("<NtryDtls>", f"{code}<NtryDtls>"))
    )
    assert (receipt.kind, abs(receipt.amount.minor)) == (kind, 1000)


REVERSED = "<RvslInd>true</RvslInd>"


@pytest.mark.parametrize(
    "how", [{"more": REVERSED}, {"returned": "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>"}]
)
def test_a_gift_that_is_taken_back_names_it_where_one_only_can_be_meant(read, how):
    gift = entry("10.00", details(end="M-1"))
    other = entry("10.00", details(end="M-2"), reference="R2")
    back = entry(
        "10.00",
        details(end="M-1", more=how.get("returned", "")),
        side="DBIT",
        reference="R3",
        more=how.get("more", ""),
    )
    first, _, refund = read(document("110.00", gift, other, back))
    assert (refund.kind, refund.amount, refund.refunds_external_id) == (
        Kind.REFUND,
        eur(-1000),
        first.external_id,
    )
    assert refund.giver == first.giver


def test_a_gift_that_is_taken_back_waits_until_staff_say_which_one_it_was(read):
    back = entry("10.00", details(), side="DBIT", reference="R3", more=REVERSED)
    [refund] = read(document("90.00", back))
    assert (
        refund.refunds_external_id
        == f"not in the statement: name the gift of {refund.external_id} in “originals”"
    )
    for key in ("R3", refund.external_id):
        [named] = read(document("90.00", back), originals={key: "the gift"})
        assert named.refunds_external_id == "the gift"


def test_two_payments_under_one_reference_are_not_guessed_between(read):
    gifts = [entry("10.00", details(end="M-1"), day=f"2026-03-0{day}") for day in (2, 3)]
    back = entry("10.00", details(end="M-1"), side="DBIT", reference="R3", more=REVERSED)
    assert read(document("110.00", *gifts, back))[2].refunds_external_id.startswith("not in the statement")


def test_a_payment_of_the_account_that_came_back_is_no_gift(read):
    assert [one.kind for one in read(document("110.00", entry(more=REVERSED)))] == [Kind.TRANSFER]


@pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
@pytest.mark.parametrize("form", ["<Cd>{}</Cd>", "{}"])
def test_what_is_not_booked_is_left_out(read, status, form):
    pending = entry("99.00", reference="R2", status=form.format(status))
    assert [one.amount for one in read(document("110.00", pending, entry()))] == [eur(1000)]


def test_a_status_that_nobody_knows_is_named(read):
    with pytest.raises(SchemaChanged, match="line 2: the status “GONE” is new"):
        read(document("110.00", entry(status="<Cd>GONE</Cd>")))


def test_a_batch_is_booked_in_its_parts(read):
    parts = [
        details("4.00", "Sandbox Giver 1"),
        details("6.00", "Sandbox Giver 2"),
        details("4.00", "Sandbox Giver 3"),
    ]
    receipts = read(document("114.00", entry("14.00", *parts)))
    assert [one.amount.minor for one in receipts] == [400, 600, 400]
    assert len({one.external_id for one in receipts}) == 3


def test_the_older_format_says_a_parts_amount_elsewhere(read):
    instructed = '<AmtDtls><InstdAmt><Amt Ccy="USD">9.99</Amt></InstdAmt><TxAmt><Amt Ccy="EUR">{}</Amt></TxAmt></AmtDtls>'
    parts = [details(more=instructed.format(amount)) for amount in ("4.00", "6.00")]
    space = SPACE.replace(".08", ".02")
    receipts = read(document("110.00", entry("10.00", *parts, status="BOOK"), space=space))
    assert [one.amount.minor for one in receipts] == [400, 600]


def test_parts_that_do_not_add_up_stay_one_line(read):
    foreign = '<AmtDtls><InstdAmt><Amt Ccy="USD">5.00</Amt></InstdAmt></AmtDtls>'
    for parts in ([details("4.00"), details("5.00")], [details(more=foreign), details(more=foreign)]):
        [receipt] = read(document("110.00", entry("10.00", *parts)))
        assert (receipt.amount, receipt.giver) == (eur(1000), None)


def test_the_sign_of_charges_inside_a_part_is_not_the_parts(read):
    charges = '<Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>'
    receipts = read(
        document("110.00", entry("10.00", details("4.00", more=charges), details("6.00", more=charges)))
    )
    assert [one.amount.minor for one in receipts] == [400, 600]


@pytest.mark.parametrize("reference", ["R1", "", "NONREF"])
def test_equal_lines_of_one_statement_are_two_gifts(read, reference):
    receipts = read(document("120.00", entry(reference=reference), entry(reference=reference)))
    assert len({one.external_id for one in receipts}) == 2


def test_numbers_that_a_bank_uses_again_every_day_are_told_apart(read):
    receipts = read(document("120.00", entry(), entry(day="2026-03-03")))
    assert len({one.external_id for one in receipts}) == 2


def test_a_prefix_of_the_namespace_changes_nothing(read):
    plain = document("110.00", entry())
    prefixed = plain.replace("<", "<n:").replace("<n:/", "</n:").replace("xmlns=", "xmlns:n=")
    assert read(prefixed) == read(plain)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            document("115.00", entry()),
            "Statement S1: 100.00 at its opening and 10.00 of booked lines make 110.00 EUR, but it closes at 115.00: "
            "a part is missing, so export the statement again.",
        ),
        ("", "The file is not XML, or damaged, at line 1: upload the bank's .xml file as it is, unpacked."),
        (
            "Date;Amount\n2026-03-02;10.00\n",
            "The file is not XML, or damaged, at line 1: upload the bank's .xml file as it is, unpacked.",
        ),
        (b"PK\x03\x04zip", "The file is not XML, or damaged, at line 1"),
        (document("110.00", entry())[:-30], "The file is not XML, or damaged, at line 2"),
        (
            document("110.00", entry(), space=SPACE.replace("053", "052")),
            "The file is a camt.052, a report within the day, whose lines may still change: "
            "export the account statement (camt.053) instead.",
        ),
        (
            document("110.00", entry(), space=SPACE.replace("053", "054")),
            "The file is a camt.054, a notice of single payments: "
            "export the account statement (camt.053) instead.",
        ),
        (
            document("110.00", entry(), space="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"),
            "The file is XML but no bank statement (<Document>): upload a statement in the format camt.053.",
        ),
        ("<html/>", "The file is XML but no bank statement (<html>)"),
        (f'<Document xmlns="{SPACE}"/>', "The file is a camt.053 without a statement in it"),
        (
            document("110.00", entry()).replace("<Acct>", "<Other>").replace("</Acct>", "</Other>"),
            "Statement S1 does not say of which account it is",
        ),
        (document("110.00", entry()).replace("OPBD", "ITAV"), "Statement S1 has no balance OPBD or PRCD"),
        (document("110.00", entry()).replace("CLBD", "CLAV"), "Statement S1 has no balance CLBD, so nobody can tell"),
        (document("110.00", entry("ten")), "line 2: “ten” “CRDT” is no amount with CRDT or DBIT"),
        (document("110.00", entry("-10.00")), "line 2: “-10.00” “CRDT” is no amount"),
        (document("110.00", entry("NaN")), "line 2: “NaN” “CRDT” is no amount"),
        (document("110.00", entry(side="UP")), "line 2: “10.00” “UP” is no amount"),
        (document("110.00", entry(day="2026-02-30")), "line 2: “2026-02-30” is no day on which it was booked"),
        (
            document("110.00", entry().replace('Ccy="EUR">10', 'Ccy="USD">10')),
            "line 2: USD in an account in EUR: export the statement again.",
        ),
        (document("110.00", entry(day="2026-04-03")), "it was booked on 2026-04-03, which has not come yet"),
        (document("110.005", entry("10.005")), "10.005 has more decimals than EUR has (2)"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_whole_statement_is_refused_in_words(read, content, words):
    with pytest.raises(Rejected) as refusal:
        read(content)
    assert str(refusal.value).startswith(words)


BOMB = (
    '<!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    "head", [BOMB, '<!DOCTYPE Document [<!ENTITY a SYSTEM "file:///etc/hostname">]>', "<!DOCTYPE Document>"]
)
def test_no_document_type_is_read_nor_any_entity_resolved(read, head):
    content = document("110.00", entry("10.00", details(words="&c;" if head is BOMB else "")), head=head)
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(Rejected, match="The file declares a document type, which no bank does"):
            read(content.encode(encoding))


def test_a_file_too_large_is_refused(read, monkeypatch):
    monkeypatch.setattr(statements, "LARGEST", 20)
    with pytest.raises(Rejected, match=r"more than 20: export shorter periods\.$"):
        read(document("110.00", entry()))


@pytest.mark.parametrize("wrong", ["*", [1], [""], {"a": 1}])
@pytest.mark.parametrize("name", ["donations", "payouts"])
def test_settings_that_could_mean_anything_are_refused(read, name, wrong):
    with pytest.raises(Rejected, match=f"The setting “{name}” must be a list of texts or IBANs"):
        read(document("110.00", entry()), **{name: wrong})


@pytest.fixture
def source(db: None, settings, tmp_path) -> Source:
    settings.MEDIA_ROOT = tmp_path
    return Source.objects.create(slug="bank", name="Bank", kind="camt053", options={"donations": ["*"]})


def book(source: Source, content: bytes) -> SyncRun:
    upload = Upload.objects.create(
        source=source, file=ContentFile(content, name="s.xml"), digest=hashlib.sha256(content).hexdigest()
    )
    return sync.sync(source, upload=upload)


def raised() -> int | None:
    kinds = ["donation", "refund"]
    total: int | None = DailyTotal.objects.filter(counted_as__in=kinds).aggregate(minor=Sum("amount_minor"))[
        "minor"
    ]
    return total


@pytest.fixture
def statement() -> Iterator[Callable[..., bytes]]:
    """What the sandbox's bank exports of some months, as a browser downloads it."""
    with sandbox(lambda: LATER, live=LATER) as server:

        def get(**months: str) -> bytes:
            answer = requests.get(f"{server.url}/bank/statement.xml", params=months, timeout=30)
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml")
            return answer.content

        yield get


def independent(content: bytes) -> Counter[str]:
    """Sums of cents over the entries, without the connector: by what was written, and of all."""
    sums: Counter[str] = Counter()
    for one in ElementTree.fromstring(content).iter(f"{{{bank.NAMESPACE}}}Ntry"):  # noqa: S314  our own
        text = {element.tag.partition("}")[2]: element.text for element in one.iter()}
        if text["Cd"] == "PDNG" or next(one.iter(f"{{{bank.NAMESPACE}}}Sts"))[0].text != "BOOK":
            sums["pending"] += 1
            continue
        amount = next(one.iter(f"{{{bank.NAMESPACE}}}Amt")).text or ""
        side = next(one.iter(f"{{{bank.NAMESPACE}}}CdtDbtInd")).text
        cents = int(Decimal(amount) * 100) * (1 if side == "CRDT" else -1)
        sums["all"] += cents
        sums[text["Ustrd"] or ""] += cents
    return sums


def test_every_cent_of_the_sandboxs_statements_is_booked(source, statement):
    content = statement()
    sums = independent(content)

    run = book(source, content)

    gifts = sums["Donation"] + sums["Sandcastles forever"] + sums["Membership"] + sums["Insufficient funds"]
    assert (run.state, run.error, run.rejected) == ("complete", "", 0)
    assert raised() == gifts > 0 > sums["Insufficient funds"]
    assert Entry.objects.aggregate(minor=Sum("amount_minor"))["minor"] == sums["all"]
    assert sums["Payout"] > 0
    assert sums["pending"] == 1
    found = Camt053Parser(content).get_transactions()
    assert len(found) == run.new + 1
    assert not DailyTotal.objects.filter(counted_as="waiting").exists()


def test_overlapping_statements_book_once(source, statement):
    whole = statement()
    book(source, statement(to="2025-12"))
    book(source, statement(**{"from": "2025-11"}))
    parts = raised()

    run = book(source, whole)

    assert (run.new, run.changed, run.unchanged > 20, raised()) == (0, 0, True, parts)


def test_a_truncated_statement_books_nothing(source, statement):
    content = statement()
    first = content.index(b"<Ntry>")
    cut = content[:first] + content[content.index(b"</Ntry>") + 7 :]

    run = book(source, cut)

    assert (run.state, Entry.objects.count()) == ("failed", 0)
    assert "Statement 2025-10: 1200.00 at its opening and" in run.error
    assert "but it closes at 1316.10: a part is missing" in run.error


def test_nobody_who_pays_is_kept_by_name_or_account(source, statement):
    book(source, statement())
    kept = repr(everything())
    assert "Sandbox Giver" not in kept
    assert "DE00SANDBOX" not in kept


def test_the_sandboxs_balances_follow_from_one_statement_to_the_next():
    foundation, now = Foundation(7, live=LATER, pace=30), LATER
    root = ElementTree.fromstring(bank.statements(foundation, now, lambda month: True))  # noqa: S314  our own
    space = f"{{{bank.NAMESPACE}}}"
    balances = [
        [balance.findtext(f"{space}Amt") for balance in one.iter(f"{space}Bal")]
        for one in root.iter(f"{space}Stmt")
    ]
    assert [one[0] for one in balances[1:]] == [one[1] for one in balances[:-1]]
    assert len(balances) == 5
