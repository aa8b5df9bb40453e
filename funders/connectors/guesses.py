"""What the columns of somebody's own table may mean: by their names in several languages, and by what is in them. Pure.

A guess is shown to a person before anything is read by it. What the rows leave open is said, never decided.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from funders.connectors import cells
from funders.connectors.base import Frequency, Kind, Purpose
from funders.connectors.heads import Head
from funders.connectors.table import PUBLIC
from fundtracker.money import Money, exponent

# In English, German, French, Spanish, Italian and Dutch; lower case, with single blanks.
NAMES: dict[str, tuple[str, ...]] = {
    "date": ("date", "paid on", "payment date", "donation date", "transaction date", "received", "received on",
             "created", "created at", "datum", "buchungstag", "buchungsdatum", "valuta", "valutadatum",
             "wertstellung", "zahlungsdatum", "date de paiement", "fecha", "fecha de pago", "data", "betaaldatum"),
    "amount": ("amount", "gross", "gross amount", "donation amount", "total", "sum", "betrag", "brutto", "summe",
               "spende", "montant", "importe", "cantidad", "importo", "bedrag"),
    "currency": ("currency", "currency code", "währung", "waehrung", "devise", "moneda", "divisa", "valuta", "munt"),
    "id": ("id", "transaction id", "payment id", "donation id", "reference", "transaktions-id", "transaktionsnummer",
           "referenz", "buchungsnummer", "référence", "numéro", "referencia", "riferimento", "kenmerk"),
    "giver_id": ("donor id", "giver id", "member id", "customer id", "supporter id", "spender-id", "spendernummer",
                 "mitgliedsnummer", "kundennummer", "numéro de membre", "id donante"),
    "giver_name": ("name", "donor", "donor name", "giver", "giver name", "from", "payer", "supporter", "spender",
                   "spendername", "auftraggeber", "zahler", "nom", "donateur", "donatrice", "nombre", "donante",
                   "nome", "donatore", "naam"),
    "public": ("public", "is public", "may be named", "show name", "öffentlich", "publique", "público", "pubblico"),
    "kind": ("kind", "type", "art", "typ", "tipo", "soort"),
    "frequency": ("frequency", "interval", "how often", "turnus", "rhythmus", "intervall", "fréquence", "frecuencia",
                  "frequenza", "frequentie"),
    "designation": ("designation", "for", "fund", "project", "campaign", "appeal", "zweck", "verwendungszweck",
                    "zweckbindung", "projekt", "affectation", "projet", "destino", "proyecto", "progetto", "bestemming"),
    "purpose": ("purpose",),
    "payment_ref": ("payment ref", "payment reference", "stripe id", "stripe charge id", "charge id"),
    "refunds": ("refunds", "refund of", "takes back", "erstattung von", "remboursement de", "reembolso de"),
    "fee": ("fee", "fees", "processing fee", "gebühr", "gebühren", "frais", "comisión", "commissione", "kosten"),
}  # fmt: skip
# As strptime has it; empty for ISO, which needs none.
DAYS = (
    "", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%y", "%m/%d/%y",
    "%y/%m/%d", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y",
)  # fmt: skip
FORMS = tuple(day + time for time in ("", " %H:%M", " %H:%M:%S") for day in DAYS if day or not time)
SIGNS = ("", ".", ",")
Test = Callable[[Sequence[str]], bool]


def columns(head: Head, now: datetime) -> dict[str, str]:
    """{field: heading}, each heading at most once."""
    found: dict[str, str] = {}
    samples = {name: column(head, name) for name in head.columns if name}
    for field, names in NAMES.items():
        free = [name for name in samples if name not in found.values()]
        named = sorted(
            (name for name in free if _bare(name) in names), key=lambda name: names.index(_bare(name))
        )
        fits = [name for name in named if _fits(field, samples[name], now)]
        if not fits and field in ("date", "amount"):
            fits = [name for name in free if _looks_like(field, samples[name], now)]
        if fits:
            found[field] = fits[0]
    return found


def column(head: Head, name: str) -> list[str]:
    """What is in it, without its blank cells."""
    place = head.columns.index(name)
    return [row[place] for row in head.rows if len(row) > place and row[place]]


def date_forms(samples: Sequence[str], now: datetime) -> dict[str, date]:
    """The forms in which every sample is a day, each with the day that the first sample then is."""
    found: dict[str, date] = {}
    for form in FORMS if samples else ():
        try:
            days = [_day(sample, form, now) for sample in samples]
        except ValueError:
            continue
        found[form] = days[0]
        if not form:
            break  # an ISO date has one meaning, whatever form is set
    return found


def signs(samples: Sequence[str], currency: str = "EUR") -> list[str]:
    """Settings “decimal” under which every sample is an amount; the first is the one to take."""
    return [sign for sign in SIGNS if samples and all(_is_amount(one, sign, currency) for one in samples)]


def _bare(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def _fits(field: str, samples: Sequence[str], now: datetime) -> bool:
    """Whether what is in it can be what its heading says. An empty column is what it says."""
    words: Mapping[str, type[StrEnum]] = {"kind": Kind, "frequency": Frequency, "purpose": Purpose}
    if not samples:
        return field not in ("date", "amount")
    if field == "date":
        return bool(date_forms(samples, now))
    if field in ("amount", "fee"):
        return bool(signs(samples))
    if field == "currency":
        return all(_is_currency(one) for one in samples)
    if field == "id":
        return len(set(samples)) == len(samples)
    if field == "public":
        return any(one.casefold() in PUBLIC for one in samples)
    return field not in words or {one.casefold() for one in samples} <= set(words[field])


def _looks_like(field: str, samples: Sequence[str], now: datetime) -> bool:
    """Without a heading that says so; whole numbers may be anything."""
    if field == "date":
        return bool(date_forms(samples, now))
    return any("." in one or "," in one for one in samples) and bool(signs(samples))


def _day(sample: str, form: str, now: datetime) -> date:
    moment = cells.when(sample, form or None, ZoneInfo("UTC"), now)
    return moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment


def _is_amount(sample: str, sign: str, currency: str) -> bool:
    try:
        Money.of(cells.number(sample, sign or None), currency)
    except ValueError:
        return False
    return True


def _is_currency(sample: str) -> bool:
    try:
        exponent(sample.upper())
    except ValueError:
        return False
    return True
