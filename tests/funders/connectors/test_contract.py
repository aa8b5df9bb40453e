"""What every connector must have: over the registry, so that a new provider cannot forget it."""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from funders import connectors

HERE = Path(__file__).parent
README = HERE.parents[2] / "README.md"
GUIDE = HERE.parents[2] / "docs" / "sources.md"
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


@KINDS
def test_the_guide_says_how_to_connect_it(kind):
    assert f" · `{kind}` · " in GUIDE.read_text()


def test_staff_can_choose_every_kind_by_its_own_label():
    labels = [label for _, label in connectors.choices()]
    assert len(labels) == len(set(labels)) == len(connectors.CONNECTORS) + 1
