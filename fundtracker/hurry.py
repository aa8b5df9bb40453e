"""Somebody waits for what is fetched: it ends in time, and nothing is tried twice."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Hurry:
    """Until when, by the monotonic clock, and how many answers came meanwhile."""

    ends: float
    answers: int = 0

    @property
    def remaining(self) -> float:
        return max(0.001, self.ends - time.monotonic())

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends


_present: ContextVar[Hurry | None] = ContextVar("hurry", default=None)
present = _present.get


def answered() -> None:
    if hurry := present():
        hurry.answers += 1


@contextmanager
def hurried(seconds: float) -> Iterator[Hurry]:
    hurry = Hurry(time.monotonic() + seconds)
    token = _present.set(hurry)
    try:
        yield hurry
    finally:
        _present.reset(token)
