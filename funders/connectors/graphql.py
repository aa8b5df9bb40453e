"""One question to a GraphQL API. Such an API says “200 OK” to a failure, and a failure must end the run."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from funders.connectors.base import Rejected, SchemaChanged
from funders.connectors.values import shown
from fundtracker.http import FetchError, Reply, fetch

LONGEST = 200
# What an answer with errors means to this provider; None: the answer is good all the same.
Explain = Callable[[Reply, Mapping[str, Any]], FetchError | None]


def broken(reply: Reply, body: Mapping[str, Any]) -> FetchError | None:
    return FetchError(f"{urlsplit(reply.url).netloc} answered with an error: {first(body)}.", status=200)


def answer(
    url: str,
    headers: Mapping[str, str],
    query: str,
    operation: str,
    variables: Mapping[str, Any],
    explain: Explain = broken,
) -> tuple[Any, datetime]:
    """`data` of the answer and when it was asked for. FetchError if there is any error in it."""
    question = {"query": query, "operationName": operation, "variables": variables}
    reply = fetch(url, method="POST", headers=headers, json=question, accept_statuses=(200, 400))
    body, host = reply.json(), urlsplit(url).netloc
    if not isinstance(body, dict):
        raise SchemaChanged(f"{host} answered something else than GraphQL: this needs a developer")
    if reply.status == 400:
        raise FetchError(
            f"{host} no longer understands our question ({first(body)}): this needs a developer.",
            permanent=True,
            status=400,
        )
    if body.get("errors") and (error := explain(reply, body)):
        raise error
    return body.get("data"), reply.asked_at


def first(body: Mapping[str, Any]) -> str:
    try:
        text = str(body["errors"][0]["message"])
    except (KeyError, IndexError, TypeError):
        return "it does not say which"
    return " ".join(text.split())[:LONGEST].rstrip(".")


@contextmanager
def reading(provider: str) -> Iterator[None]:
    """What breaks in here is the shape of an answer: a field or a word that the connector's tables do not have."""
    try:
        yield
    except Rejected:
        raise
    except KeyError as error:
        raise SchemaChanged(
            f"“{shown(error.args[0])}” is missing or new in {provider}'s answer: this needs a developer"
        ) from None
    except (LookupError, TypeError, AttributeError, ArithmeticError, ValueError) as error:
        # What the others say is for those who can read the code.
        readable = isinstance(error, ValueError) and "literal" not in str(error)
        what = f"has changed ({error})" if readable else "is of another kind than it was"
        raise SchemaChanged(f"a value in {provider}'s answer {what}: this needs a developer") from None
