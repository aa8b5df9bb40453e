"""Doorbells of the campaigns: each calls one function."""

from celery import shared_task
from django.utils import timezone

from campaigns import alarms, digest, evidence, milestones, questions, sending, supporters
from campaigns.outbox import Message
from fundtracker.models import Asked, Site
from projects.models import Reliance


@shared_task
def count_supporters() -> int:
    return supporters.recount(today=timezone.localdate(timezone=Site.current().zone))


@shared_task
def sweep_evidence() -> int:
    return evidence.sweep()


@shared_task
def deliver_messages() -> int:
    return sending.deliver()


@shared_task
def watch_sources() -> int:
    return alarms.watch(timezone.now())


@shared_task
def watch_milestones() -> int:
    return milestones.watch(timezone.now())


@shared_task
def prepare_digests() -> int:
    return digest.prepare(timezone.now())


@shared_task
def forget_people() -> None:
    """What nobody needs any more: who asked or reported, when 30 days have passed, and what was sent as long ago."""
    questions.forget()
    Reliance.objects.decided_long_ago().forget()
    Asked.forget()
    Message.objects.old().delete()
