"""Which streams a sum takes. Streams belong to the floor above, so that only their fields are known here."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

Stream = TypeVar("Stream", bound=Any)


def reached(streams: Iterable[Stream], designation: str, day: date) -> list[Stream]:
    """Of one source's streams those of a sum's designation on `day`; where it has none, those of the whole source."""
    active = [
        stream
        for stream in streams
        if (stream.starts_on is None or stream.starts_on <= day)
        and (stream.ends_on is None or day <= stream.ends_on)
    ]
    own = [stream for stream in active if stream.designation == designation]
    return own or [stream for stream in active if stream.designation is None]
