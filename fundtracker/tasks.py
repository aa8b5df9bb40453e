"""Housekeeping of the floor."""

import logging

from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import OperationalError

from fundtracker import seals

log = logging.getLogger(__name__)


@shared_task
def clear_sessions() -> None:
    """What has expired goes, and with it whose browser and address it was."""
    call_command("clearsessions")
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


@shared_task
def seal_history() -> None:
    try:
        head = seals.seal()
    except OperationalError as problem:  # somebody writes for longer than we wait: the next bell seals it
        log.info("the history was not sealed now: %s", type(problem).__name__)
    else:
        log.info("the history is sealed up to %s", head)
