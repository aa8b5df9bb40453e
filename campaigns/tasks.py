"""Doorbells of the campaigns: each calls one function."""

from celery import shared_task
from django.utils import timezone

from campaigns import evidence, supporters
from fundtracker.models import Site


@shared_task
def count_supporters() -> int:
    return supporters.recount(today=timezone.localdate(timezone=Site.current().zone))


@shared_task
def sweep_evidence() -> int:
    return evidence.sweep()
