"""Background work of the floor."""

import logging

from celery import shared_task
from django.db import OperationalError

from fundtracker import seals

log = logging.getLogger(__name__)


@shared_task
def seal_history() -> None:
    try:
        head = seals.seal()
    except OperationalError as problem:  # somebody writes for longer than we wait: the next bell seals it
        log.info("the history was not sealed now: %s", type(problem).__name__)
    else:
        log.info("the history is sealed up to %s", head)
