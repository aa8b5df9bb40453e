"""What a provider may get wrong: small changes of the answers that it really gave, each with a name that repeats it."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from tests.funders.connectors.cases import Case, Record

Path = tuple[str | int, ...]
GONE = object()
# A number that json would not write: it becomes one when the answer is sent.
ENDLESS = "number 1e309"
WORD = re.compile(r"[A-Z][A-Z_]*[A-Z]|[a-z][a-z_.]*[a-z]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
IS_ID = re.compile(r"(^|_)(id|uuid|guid|key)$|[a-z](Id|ID)$")
MOMENTS = range(1_500_000_000, 2_200_000_000)
MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Mutation:
    """`spoil` changes one answer in place and says what is sent in its stead. `allows` is what may follow of it:

    exact: what is booked without a word is what is true. subset: the record may be left out without a word.
    keys: either of two versions of the record may count.
    """

    name: str
    field: str
    spoil: Callable[[Any], Any]
    allows: str = "exact"


def written(body: Any) -> str:
    return json.dumps(body).replace(f'"{ENDLESS}"', "1e309")


def mutations(case: Case, answers: list[str], seed: int) -> list[Mutation]:
    """Every change of every field in `answers`, each at a record of its own, in an order that the seed decides."""
    records = list({written(record): record for record in _records(case, answers)}.values())
    found = [*_of_fields(case, records, seed), *_of_records(case, records, seed), *_of_answers(case, answers)]
    Random(f"{seed} {case.kind}").shuffle(found)
    return found


def _records(case: Case, answers: list[str]) -> Iterator[Record]:
    for answer in answers:
        yield from case.records(json.loads(answer))


def _of_fields(case: Case, records: list[Record], seed: int) -> Iterator[Mutation]:
    places: dict[tuple[str, str], list[tuple[Record, Path, Any]]] = {}
    for record in records:
        for path, value in _places(record):
            places.setdefault((dotted(path), type(value).__name__), []).append((record, path, value))
    for (field, kind), found in sorted(places.items(), key=lambda item: item[0]):
        words = {value for _, _, value in found if isinstance(value, str)}
        dice = Random(f"{seed} {case.kind} {field} {kind}")
        labels: dict[str, list[tuple[Record, Path, Any, str]]] = {}
        for record, path, value in found:
            for label, new, allows in _changes(case, field, value, words):
                if new is GONE and isinstance(path[-1], int):
                    continue  # one less in a list is another truth
                labels.setdefault(label, []).append((record, path, new, allows))
        for label, choices in labels.items():
            record, path, new, allows = dice.choice(choices)
            yield Mutation(f"{field} ({kind}) {label}", field, _at(case, record, _put(path, new)), allows)


def _places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All that is in a record, itself left out."""
    if path:
        yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from _places(one, (*path, key))


def dotted(path: Path) -> str:
    return ".".join(key for key in path if isinstance(key, str))


def _changes(case: Case, field: str, value: Any, words: set[str]) -> Iterator[tuple[str, Any, str]]:
    yield "is gone", GONE, "exact"
    if value is None:
        yield from (("is an object", {"surprise": 1}, "exact"), ("is a list", ["surprise"], "exact"))
        return
    yield "is null", None, "exact"
    for label, new in _of_value(field, value, words):
        if new != value or type(new) is not type(value):
            yield label, new, "exact"
    if field in case.amounts and not isinstance(value, dict | list):
        yield "is zero", _like(value, 0), "subset"
        yield "has the other sign", _like(value, -float(value)), "exact"
    if case.test and field == case.test[0] and value != case.test[1]:
        yield "says that it is a test", case.test[1], "subset"


def _like(value: Any, number: float) -> Any:
    whole = int(number) if float(number).is_integer() else number
    return str(whole) if isinstance(value, str) else whole


def _of_value(field: str, value: Any, words: set[str]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        yield from (("is a word", "surprise"), ("is a number", 7), ("is an empty object", {}))
        yield from (
            (("is an empty object", {}), ("holds null", [None]))
            if isinstance(value, list)
            else (("is a list", []),)
        )
        return
    yield from (("is an object", {"surprise": value}), ("is a list", [value]))
    if isinstance(value, bool):
        yield from (("is a word", str(value).lower()), ("is a number", 7))
    elif isinstance(value, int | float):
        yield from _of_number(field, value)
    else:
        yield from _of_text(field, value, words)


def _of_number(field: str, value: float) -> Iterator[tuple[str, Any]]:
    yield "is a word", "surprise"
    if _is_id(field, value):
        return
    yield from (("is endless", ENDLESS), ("is huge", 10**30), ("is empty", ""), ("is not a number", "NaN"))
    if MOMENTS[0] <= value <= MOMENTS[-1]:
        yield from (
            ("is the beginning of time", 0),
            ("is before it", -(10**9)),
            ("is far ahead", 32_503_680_000),
        )
    else:
        yield from (("has a third decimal", value + 0.005), ("has a symbol", f"{value} €"))


def _of_text(field: str, value: str, words: set[str]) -> Iterator[tuple[str, Any]]:
    yield "is empty", ""
    if "currency" in field.rpartition(".")[2].lower() and len(value) == 3:
        yield from (("is unknown", "XQX"), ("is in the other case", value.swapcase()), ("is a word", "EURO"))
    elif DATE.fullmatch(value):
        yield from _of_date(value)
    elif NUMBER.fullmatch(value) and not _is_id(field, value):
        yield from (("is endless", "1e309"), ("is huge", "1" + "0" * 30), ("is not a number", "NaN"))
        yield from (
            ("has a third decimal", f"{Decimal(value):.2f}5"),
            ("has a symbol", f"{value} €"),
        )
    elif WORD.fullmatch(value) and len(words) <= MOST_WORDS:
        yield from (("is an unknown word", "surprise"), ("is a number", 7))
    elif _is_id(field, value):
        yield from (("is too long", "x" * 300), ("has control characters", value + "\x00"))
    else:
        yield from (("is a number", 7), ("has control characters", value + "\x00"))


def _of_date(value: str) -> Iterator[tuple[str, Any]]:
    yield from (
        ("is no date", "yesterday"),
        ("is a number", 7),
        ("is a day that is not", "2025-02-30" + value[10:]),
    )
    yield from (("is far ahead", "2999-01-01" + value[10:]), ("is long ago", "0001-01-01" + value[10:]))
    if ZONE.search(value[10:]):
        yield "has no time zone", ZONE.sub("", value)


def _is_id(field: str, value: Any) -> bool:
    if IS_ID.search(field.rpartition(".")[2]):
        return True
    return isinstance(value, str) and len(value) >= 8 and " " not in value and any(map(str.isdigit, value))


def _of_records(case: Case, records: list[Record], seed: int) -> Iterator[Mutation]:
    dice = Random(f"{seed} {case.kind} records")
    for label, new in (("null", None), ("a word", "surprise"), ("a list", []), ("an empty object", {})):
        yield Mutation(f"a record is {label}", "", _at(case, dice.choice(records), _replace([new])))
        yield Mutation(
            f"beside a record is {label}", "", _at(case, dice.choice(records), _replace([..., new]))
        )
    yield Mutation("a record is listed twice", "", _at(case, dice.choice(records), _replace([..., ...])))
    strange = _at(case, dice.choice(records), _put(("surprise",), {"surprise": 1}))
    yield Mutation("a record has a new field", "surprise", strange)
    for amount in sorted(case.amounts):
        having = [
            (record, path)
            for record in records
            for path, value in _places(record)
            if dotted(path) == amount and value
        ]
        if having:
            record, path = dice.choice(having)
            other = deepcopy(record)
            value = _value(other, path)
            _put(path, _like(value, float(value) * 2))(other, None)
            yield Mutation(
                f"a record is listed twice with another {amount}",
                amount,
                _at(case, record, _replace([..., other])),
                "keys",
            )


def _value(record: Any, path: Path) -> Any:
    for key in path:
        record = record[key]
    return record


def _of_answers(case: Case, answers: list[str]) -> Iterator[Mutation]:
    for label, new in (
        ("a list", []),
        ("null", None),
        ("a word", "surprise"),
        ("an empty object", {}),
        ("a number", 7),
    ):
        yield Mutation(f"the first answer is {label}", "", _instead(answers[0], new))
        yield Mutation(f"the last answer is {label}", "", _instead(answers[-1], new))
    first = next(answer for answer in answers if case.records(json.loads(answer)))
    for label, new in (("null", None), ("an object", {}), ("a word", "surprise"), ("a number", 7)):
        yield Mutation(f"the list of records is {label}", "", _list_instead(case, first, new))


def _instead(answer: str, new: Any) -> Callable[[Any], Any]:
    return lambda body: new if written(body) == answer else body


def _list_instead(case: Case, answer: str, new: Any) -> Callable[[Any], Any]:
    def spoil(body: Any) -> Any:
        if written(body) == answer:
            holder, key = _holder(body, _holder(body, case.records(body)[0])[0])
            holder[key] = new
        return body

    return spoil


Change = Callable[[Any, Any], None]


def _at(case: Case, record: Record, change: Change) -> Callable[[Any], Any]:
    """Wherever this record is listed, as a provider would that has it wrong."""
    spoiled = written(record)

    def spoil(body: Any) -> Any:
        for one in list(case.records(body)):
            if written(one) == spoiled:
                change(one, body)
        return body

    return spoil


def _put(path: Path, new: Any) -> Change:
    def change(record: Any, body: Any) -> None:
        holder = _value(record, path[:-1])
        if new is GONE:
            del holder[path[-1]]
        else:
            holder[path[-1]] = deepcopy(new)

    return change


def _replace(others: list[Any]) -> Change:
    """What stands in the list instead of the record, which is “...” itself."""

    def change(record: Any, body: Any) -> None:
        holder, key = _holder(body, record)
        new = [deepcopy(record) if other is ... else deepcopy(other) for other in others]
        if isinstance(holder, list):
            holder[key : key + 1] = new
        elif len(new) == 1:
            holder[key] = new[0]

    return change


def _holder(body: Any, thing: Any) -> tuple[Any, Any]:
    """The list or object that holds `thing`, and where in it."""
    inside = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, one in inside:
        if one is thing:
            return body, key
        if isinstance(one, dict | list) and (found := _holder(one, thing))[0] is not None:
            return found
    return None, None
