"""What every connector must have: over the registry, so that a new provider cannot forget it."""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from funders import connectors
from funders.staff import settings
from funders.staff.instructions import GUIDES

HERE = Path(__file__).parent
README = HERE.parents[2] / "README.md"
CODE = HERE.parents[2] / "funders" / "connectors"
KINDS = pytest.mark.parametrize("kind", connectors.CONNECTORS)


def module(kind: str) -> ModuleType:
    return cast(ModuleType, connectors.get(kind))


def name(kind: str) -> str:
    return module(kind).__name__.rpartition(".")[2]


@KINDS
def test_it_says_who_it_is(kind):
    one: Any = module(kind)
    assert one.LABEL.strip() == one.LABEL != ""
    assert {type(one.ATOMIC), type(one.COMPLETE)} == {bool}


@KINDS
def test_it_fetches_and_parses_in_the_agreed_way(kind):
    one: Any = module(kind)
    assert list(inspect.signature(one.fetch).parameters) == ["account", "cursor", "full"]
    assert len(inspect.signature(one.parse).parameters) == 3


@KINDS
def test_its_parse_is_pure_of_models_and_of_the_network(kind):
    source = inspect.getsource(module(kind))
    assert "django" not in source
    assert "funders.models" not in source


@KINDS
def test_it_has_a_saved_payload_and_a_test(kind):
    payloads = [path for path in (HERE / "data" / name(kind)).glob("*") if path.stat().st_size]
    assert payloads
    assert (HERE / f"test_{name(kind)}.py").is_file()


@KINDS
def test_the_readme_tells_of_it(kind):
    rows = [line for line in README.read_text().splitlines() if line.startswith("|")]
    assert [row for row in rows if module(kind).LABEL in [cell.strip() for cell in row.split("|")]]


def test_staff_are_told_how_to_connect_every_kind():
    assert set(GUIDES) == {kind for kind, _ in connectors.choices()}
    for guide in GUIDES.values():
        assert all([guide.line, guide.reads, guide.never, guide.steps, *guide.steps])


@KINDS
def test_what_it_lets_staff_choose_is_what_it_knows(kind):
    parts = [path.read_text() for path in CODE.glob(f"{name(kind).removesuffix('_export')}*.py")]
    shared = [(CODE / f"{one}.py").read_text() for one in ("rows", "grants")]
    known = "".join([*parts, *shared])
    assert {option for option in settings.FIELDS.get(kind, {}) if f'"{option}"' not in known} == set()


def test_staff_can_choose_every_kind_by_its_own_label():
    labels = [label for _, label in connectors.choices()]
    assert len(labels) == len(set(labels)) == len(connectors.CONNECTORS) + 1
