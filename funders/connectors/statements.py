"""The booked lines of camt.053 bank statements, each statement checked against its own balances.

pycamt knows where the versions of the format keep names, references and dates. Amounts and signs are read here:
of a part of a batch it may give the sum that was instructed, in another currency, and the sign of its charges.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from funders.connectors.base import Rejected, SchemaChanged

LARGEST = 64 * 1024 * 1024
FORMAT = re.compile(r"camt\.(05[234])\.001\.\d\d")
OTHERS = {
    "052": "a report within the day, whose lines may still change",
    "054": "a notice of single payments",
}
# Whether a line of this status has moved money. The others come again, booked, or never do.
BOOKED = {"BOOK": True, "PDNG": False, "INFO": False, "FUTR": False}
SIGN = {"CRDT": 1, "DBIT": -1}
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
AMOUNT = re.compile(r"[0-9]{1,18}([.][0-9]{1,5})?")
NO_REFERENCE = frozenset({"", "NONREF", "NOTREF", "NOTPROVIDED", "NOT PROVIDED"})
AGAIN = "export the statement again"

Line = Mapping[str, str]
Found = tuple[str, Line]


def read(path: Path) -> list[Found]:
    """Each booked line with its place in the file. Rejected where a file is no whole camt.053 statement."""
    parser = _opened(path)
    facts, lines = iter(parser.get_transactions()), []
    for statement in parser.tree.findall(".//{*}Stmt"):
        lines += list(_statement(statement, facts))
    return _with_originals(lines)


def _opened(path: Path) -> Any:
    # Only a process that reads a statement needs it.
    from pycamt.parser import Camt053Parser

    size = path.stat().st_size
    if size > LARGEST:
        raise Rejected(f"The file has {size:,} bytes, more than {LARGEST:,}: export shorter periods.")
    try:
        parser = Camt053Parser(path.read_bytes())
    except SyntaxError as error:
        # The path of the file and what was in it are no business of whoever reads the error.
        raise Rejected(
            f"The file is not XML, or damaged, at line {error.lineno or 1}: upload the bank's .xml file as it is, unpacked."
        ) from None
    if parser.tree.getroottree().docinfo.doctype:
        raise Rejected(f"The file declares a document type, which no bank does: {AGAIN}.")
    space, _, root = parser.tree.tag.lstrip("{").rpartition("}")
    found = FORMAT.search(space)
    if not found or root != "Document":
        raise Rejected(
            f"The file is XML but no bank statement (<{root[:40]}>): upload a statement in the format camt.053."
        )
    if found[1] in OTHERS:
        raise Rejected(
            f"The file is a camt.{found[1]}, {OTHERS[found[1]]}: export the account statement (camt.053) instead."
        )
    if parser.tree.find(".//{*}Stmt") is None:
        raise Rejected(f"The file is a camt.{found[1]} without a statement in it: {AGAIN}.")
    # pycamt looks for names without a prefix, whatever prefix the bank gave them.
    parser.namespaces = {None: space}
    return parser


def _statement(statement: Any, facts: Iterator[Mapping[str, str]]) -> Iterator[Found]:
    name = f"Statement {_text(statement, 'Id') or 'without a number'}"
    account = _text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id")
    if not account:
        raise Rejected(f"{name} does not say of which account it is: {AGAIN}.")
    opening, closing = _balance(statement, OPENING, name), _balance(statement, CLOSING, name)
    currency, booked, equal = opening[1], Decimal(0), Counter[str]()
    for entry in statement.findall(".//{*}Ntry"):
        place, parts = f"line {entry.sourceline}", entry.findall(".//{*}NtryDtls//{*}TxDtls")
        said = list(islice(facts, len(parts) or 1))
        if not _is_booked(said[0].get("Status", ""), place):
            continue
        whole = _amount(entry, place)
        if whole[1] != currency or closing[1] != currency:
            raise Rejected(f"{place}: {whole[1]} in an account in {currency}: {AGAIN}.")
        booked += whole[0]
        for number, (amount, one, part) in enumerate(_parts(entry, parts, said, whole), 1):
            where = f"{place}, part {number}" if len(parts) > 1 else place
            line = _line(account, currency, amount, one, _is_taken_back(entry, part), where)
            key = _key(line)
            yield where, {**line, "id": f"{key}-{equal[key]}"}
            equal[key] += 1
    if opening[0] + booked != closing[0]:
        raise Rejected(
            f"{name}: {opening[0]} at its opening and {booked} of booked lines make {opening[0] + booked} "
            f"{currency}, but it closes at {closing[0]}: a part is missing, so {AGAIN}."
        )


def _balance(statement: Any, codes: Sequence[str], name: str) -> tuple[Decimal, str]:
    balances = {_text(one, "Tp/CdOrPrtry/Cd"): one for one in reversed(statement.findall("{*}Bal"))}
    for code in codes:
        if code in balances:
            return _amount(balances[code], f"{name}, balance {code}")
    raise Rejected(
        f"{name} has no balance {' or '.join(codes)}, so nobody can tell whether it is whole: "
        f"{AGAIN}, with its balances."
    )


def _is_booked(status: str, place: str) -> bool:
    if status not in BOOKED:
        raise SchemaChanged(f"{place}: the status “{status}” is new: this needs a developer")
    return BOOKED[status]


def _amount(element: Any, place: str) -> tuple[Decimal, str]:
    written, side = _text(element, "Amt"), _text(element, "CdtDbtInd")
    if not AMOUNT.fullmatch(written) or side not in SIGN:
        raise Rejected(f"{place}: “{written}” “{side}” is no amount with CRDT or DBIT: {AGAIN}.")
    return Decimal(written) * SIGN[side], element.find("{*}Amt").get("Ccy", "")


def _parts(
    entry: Any, parts: Sequence[Any], facts: Sequence[Mapping[str, str]], whole: tuple[Decimal, str]
) -> list[tuple[Decimal, Mapping[str, str], Any]]:
    """A batch in its parts, if they add up to it; otherwise it stays one line of which only the sum is known."""
    if len(parts) < 2:
        return [(whole[0], facts[0], parts[0] if parts else None)]
    amounts = [_part_amount(part, whole) for part in parts]
    if None not in amounts and sum(one for one in amounts if one is not None) == whole[0]:
        return [(one or Decimal(0), *more) for one, *more in zip(amounts, facts, parts, strict=True)]
    common = ("TransactionID", "BookingDate", "ValueDate", "AdditionalEntryInformation")
    return [(whole[0], {name: facts[0].get(name, "") for name in common}, None)]


def _part_amount(part: Any, whole: tuple[Decimal, str]) -> Decimal | None:
    for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt"):
        found = part.find(path)
        if found is not None and found.get("Ccy") == whole[1] and AMOUNT.fullmatch(found.text or ""):
            return Decimal(found.text) * SIGN.get(_text(part, "CdtDbtInd"), 1 if whole[0] > 0 else -1)
    return None


def _is_taken_back(entry: Any, part: Any) -> bool:
    returned = part is not None and part.find("{*}RtrInf") is not None
    return returned or _text(entry, "RvslInd") in ("true", "1")


def _line(
    account: str, currency: str, amount: Decimal, facts: Mapping[str, str], back: bool, place: str
) -> dict[str, str]:
    def said(*names: str) -> str:
        return " ".join(" ".join((facts.get(name) or "") for name in names).split())

    day = (said("BookingDate") or said("ValueDate"))[:10]
    try:
        date.fromisoformat(day)
    except ValueError:
        raise Rejected(f"{place}: “{day}” is no day on which it was booked: {AGAIN}.") from None
    # What comes back keeps the parties of the first payment.
    sides = ("Debtor", "Creditor") if (amount > 0) != back else ("Creditor", "Debtor")
    other = next((side for side in sides if said(f"{side}IBAN") not in ("", account)), sides[0])
    return {
        "account": account, "day": day, "amount": str(amount), "currency": currency, "back": "yes" if back else "",
        "reference": said("TransactionID"), "end_to_end": said("EndToEndId"),
        "name": said(f"{other}Name"), "iban": said(f"{other}IBAN"), "code": said("TransactionSubFamilyCode"),
        "text": said("RemittanceInformation" if "AdditionalRemittanceInformation" in facts else
                     "RemittanceInformationFull", "AdditionalRemittanceInformation", "AdditionalEntryInformation"),
    }  # fmt: skip


def _key(line: Line) -> str:
    """The same in every statement that lists the line. What givers wrote is in it only as a digest."""
    named = line["reference"] if line["reference"].upper() not in NO_REFERENCE else ""
    facts = ["account", "end_to_end", "amount", "currency", *(() if named else ("name", "iban", "text"))]
    digest = sha256("\n".join(line[fact] for fact in facts).encode()).hexdigest()[:20]
    return f"{line['day']}:{named[:100] or 'unnumbered'}:{digest}"


def _with_originals(lines: list[Found]) -> list[Found]:
    """What was taken back names its payment where both are in this file and only one can be meant."""
    paid: dict[tuple[str, str], list[Line]] = {}
    for _, line in lines:
        if not line["back"] and line["end_to_end"].upper() not in NO_REFERENCE:
            paid.setdefault((line["account"], line["end_to_end"]), []).append(line)
    return [(where, {**line, "original": _original(line, paid)}) for where, line in lines]


def _original(line: Line, paid: Mapping[tuple[str, str], list[Line]]) -> str:
    taken = -Decimal(line["amount"])
    candidates = {
        one["id"]
        for one in paid.get((line["account"], line["end_to_end"]), ())
        if line["back"] and Decimal(one["amount"]) >= taken > 0
    }
    return candidates.pop() if len(candidates) == 1 else ""


def _text(element: Any, path: str) -> str:
    return (element.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or "").strip()
