"""Our queries, and the sandbox's part of the schema, held to the schema that GitHub publishes as an npm package."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    validate,
)

from funders.connectors.github_pages import QUERIES
from funders.sandbox.github import SCHEMA

PACKAGE, VERSION = "@octokit/graphql-schema", "15.26.1"


def published() -> str:
    """From a cache of our own, else from the registry that npm is set to. Skips where neither has it."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fundtracker"
    kept = folder / f"github-{VERSION}.graphql"
    if not kept.exists():
        if not shutil.which("npm"):
            pytest.skip("npm is not there to fetch the schema that GitHub publishes")
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{PACKAGE}@{VERSION}"]
        try:
            name = subprocess.run(
                command, capture_output=True, text=True, timeout=120, check=True
            ).stdout.split()
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"the schema that GitHub publishes cannot be fetched: {type(error).__name__}")
        with tarfile.open(folder / name[-1]) as package:
            found = package.extractfile("package/schema.graphql")
            assert found is not None
            # Renamed when it is whole: other tests may look at the same time.
            part = kept.with_suffix(f".{os.getpid()}")
            part.write_bytes(found.read())
            part.rename(kept)
        (folder / name[-1]).unlink(missing_ok=True)
    return kept.read_text()


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(published(), assume_valid=True)  # it is not, strictly


def test_github_understands_what_we_ask(schema):
    assert validate(schema, parse(QUERIES)) == []


def test_github_would_not_understand_a_misspelt_field(schema):
    [error] = validate(schema, parse(QUERIES.replace("hasSponsorsListing", "hasSponsorListing", 1)))
    assert "hasSponsorListing" in error.message


def test_the_sandbox_speaks_github_s_words(schema):
    wrong = []
    for name, ours in SCHEMA.type_map.items():
        theirs = schema.type_map.get(name)
        if name.startswith("__"):
            continue
        if type(theirs) is not type(ours):
            wrong.append(name)
        elif isinstance(ours, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            wrong += [
                f"{name}.{field}" for field in ours.fields if _said(ours, field) != _said(theirs, field)
            ]
        elif isinstance(ours, GraphQLEnumType) and isinstance(theirs, GraphQLEnumType):
            wrong += [f"{name}.{word}" for word in ours.values.keys() ^ theirs.values.keys()]
    assert wrong == []


def _said(kind, field):
    """The type of a field, and which arguments it takes; of theirs only those that ours has."""
    if field not in kind.fields:
        return None
    arguments = getattr(kind.fields[field], "args", {})
    known = ("first", "last", "after", "before", "login", "orderBy", "activeOnly", "includePrivate", "actions",
             "period", "since", "until")  # fmt: skip
    return (
        str(kind.fields[field].type),
        {name: (str(one.type), one.default_value) for name, one in arguments.items() if name in known},
    )
