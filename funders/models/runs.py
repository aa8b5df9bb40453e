"""One run of one source: what it read, how far it is, and what it could not read."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from funders.models.sources import Source


class SyncRun(models.Model):
    """One run of one source: what it read, and what it could not."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        COMPLETE = "complete", _("complete")
        PARTIAL = "partial", _("partial")
        FAILED = "failed", _("failed")

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    full = models.BooleanField(_("read everything again"), default=False)
    started_at = models.DateTimeField(_("started"), db_default=Now())
    ended_at = models.DateTimeField(_("ended"), null=True)
    finished = models.BooleanField(_("came to its end"), default=False)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    rows = models.PositiveIntegerField(_("records read"), default=0)
    read_at = models.DateTimeField(_("last record read"), null=True)
    expected = models.PositiveIntegerField(_("records the provider counts"), null=True)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    rejections = models.JSONField(
        _("why"), default=list, help_text=_("The first hundred: where, and what is wrong.")
    )
    missing = models.JSONField(
        _("records no longer listed"), default=list, help_text=_("Gone only when two whole runs say so.")
    )
    promises_missing = models.JSONField(_("promises no longer listed"), default=list)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["source", "-started_at"], name="sync_run_latest")]

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def rate(self) -> float | None:
        """Records a second so far; None while nothing was read."""
        if not self.rows or self.read_at is None:
            return None
        seconds = (self.read_at - self.started_at).total_seconds()
        return self.rows / seconds if seconds > 0 else None

    @property
    def left(self) -> timedelta | None:
        """How long it will still take; None where nothing was read, or nobody knows how much there is."""
        if self.expected is None or not self.rate:
            return None
        return timedelta(seconds=round(max(0, self.expected - self.rows) / self.rate))

    def as_progress(self) -> dict[str, Any]:
        """For a page: plain values."""
        return {
            "state": self.state,
            "pages": self.pages,
            "rows": self.rows,
            "expected": self.expected,
            "rate": None if self.rate is None else round(self.rate, 1),
            "seconds_left": None if self.left is None else int(self.left.total_seconds()),
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        }

    def progress(self) -> str:
        """For people: “2 pages, 1,500 of 10,000 records, 300 a second, 0:00:28 left”."""
        facts = [gettext("%(pages)s pages") % {"pages": f"{self.pages:,}"}]
        if self.expected is None:
            facts += [gettext("%(rows)s records") % {"rows": f"{self.rows:,}"}]
        else:
            rows = {"rows": f"{self.rows:,}", "expected": f"{self.expected:,}"}
            facts += [gettext("%(rows)s of %(expected)s records") % rows]
        if self.rate is not None:
            facts += [gettext("%(rate)s a second") % {"rate": f"{self.rate:,.0f}"}]
        if self.left and self.state == self.State.RUNNING:
            facts += [gettext("%(time)s left") % {"time": self.left}]
        return ", ".join(facts)
