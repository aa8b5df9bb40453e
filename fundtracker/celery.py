"""Background work. Every job is a row with a lease in PostgreSQL; Celery only rings the bell."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init, worker_ready
from django.conf import settings

from fundtracker import startup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fundtracker.settings")
startup.require_settings()


def _every(seconds: int, task: str) -> dict[str, Any]:
    # A bell nobody heard in time is not worth ringing late.
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def _broker() -> dict[str, Any]:
    if settings.REDIS_URL:
        return {"broker_url": settings.REDIS_URL}
    folders = {name: Path(settings.BROKER_DIR) / name for name in ("messages", "control")}
    for folder in folders.values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "broker_url": "filesystem://localhost//",
        "broker_transport_options": {
            "data_folder_in": str(folders["messages"]),
            "data_folder_out": str(folders["messages"]),
            "control_folder": str(folders["control"]),
            "store_processed": False,
            "polling_interval": 0.2,
        },
    }


app = Celery("fundtracker")
app.conf.update(
    **_broker(),
    broker_connection_retry_on_startup=True,
    timezone="UTC",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    beat_schedule={
        "sync due sources": _every(20, "funders.tasks.sync_due_sources"),
        "preview uploads": _every(20, "funders.tasks.preview_uploads"),
        "count supporters": _every(60, "campaigns.tasks.count_supporters"),
        "sweep evidence": _every(3600, "campaigns.tasks.sweep_evidence"),
        "deliver messages": _every(10, "campaigns.tasks.deliver_messages"),
        "watch sources": _every(60, "campaigns.tasks.watch_sources"),
        "watch milestones": _every(300, "campaigns.tasks.watch_milestones"),
        "prepare digests": _every(60, "campaigns.tasks.prepare_digests"),
        "forget people": _every(3600, "campaigns.tasks.forget_people"),
        "refresh rates": _every(3600, "funders.tasks.refresh_rates"),
        "seal the history": _every(600, "fundtracker.tasks.seal_history"),
        "forget old files": _every(3600, "funders.tasks.forget_files"),
        # Each hour, so that the day begins in the books' own time zone.
        "follow the calendar": _every(3600, "funders.tasks.follow_calendar"),
        "check the ledger": {
            "task": "funders.tasks.check_ledger",
            # Not between 23 and 24 h, when a day's last entries are still being written.
            "schedule": crontab(hour="2", minute="30"),
        },
        "clear sessions": {
            "task": "fundtracker.tasks.clear_sessions",
            "schedule": crontab(hour="3", minute="0"),
        },
    },
)
app.autodiscover_tasks()


@worker_init.connect
def _require_database(**_: object) -> None:
    startup.require_database()


@worker_ready.connect
def _ring_at_once(**_: object) -> None:
    # What fell due while no worker was running need not wait for the next bell; nor need the rates of today.
    for task in (
        "funders.tasks.sync_due_sources",
        "funders.tasks.preview_uploads",
        "funders.tasks.refresh_rates",
    ):
        app.send_task(task)
