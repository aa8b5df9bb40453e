"""“Something wrong with a figure?”: what the public asks."""

from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked
from fundtracker.unsigned import new_reference

# After a matter is settled nobody needs to know who raised it.
KEPT = timedelta(days=30)


class QuestionQuerySet(models.QuerySet["Question"]):
    def open(self) -> "QuestionQuerySet":
        return self.filter(settled_at=None)

    def of(self, email: str) -> "QuestionQuerySet":
        """Whatever somebody with this address has asked and is still kept."""
        return self.filter(email__iexact=email).exclude(email="")

    def with_page(self) -> "QuestionQuerySet":
        return self.select_related("campaign", "project", "funder")

    def forget(self) -> int:
        """Take out who asked, what they wrote and what they were told; that there was a question stays."""
        for question in self:
            question.answers.all().delete()
        return self.update(name="", email="", text="", evidence_url="", digest=None, forgotten_at=Now())


@tracked(exclude=["text", "evidence_url", "name", "email", "digest"])
class Question(models.Model):
    """One message of the public. Where the same is sent again while it is open, it is the same question."""

    reference = models.CharField(_("reference"), max_length=8, unique=True, default=new_reference)
    campaign = models.ForeignKey("Campaign", on_delete=models.SET_NULL, null=True, related_name="+")
    project = models.ForeignKey("projects.Project", on_delete=models.SET_NULL, null=True, related_name="+")
    funder = models.ForeignKey("funders.Funder", on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField(_("What seems wrong?"), max_length=4000, blank=True)
    evidence_url = models.URLField(_("Where anyone can check it"), blank=True, max_length=500)
    name = models.CharField(_("Your name"), max_length=120, blank=True)
    email = models.EmailField(_("Your e-mail address"), blank=True)
    digest = models.CharField(max_length=64, null=True, editable=False)
    asked_at = models.DateTimeField(_("asked"), db_default=Now(), editable=False)
    settled_at = models.DateTimeField(_("settled"), null=True, editable=False)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    note = models.TextField(_("how it was settled"), blank=True)
    forgotten_at = models.DateTimeField(_("forgotten"), null=True, editable=False)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=models.Q(settled_at=None), name="question_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(settled_at=None) | ~models.Q(note=""), name="question_settled_with_a_note"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def page(self) -> models.Model | None:
        """The campaign, project or funder that it is about; None for the site as a whole."""
        return self.campaign or self.project or self.funder

    @property
    def url(self) -> str:
        for kind in ("campaign", "project", "funder"):
            if one := getattr(self, kind):
                return reverse(f"{kind}s:{kind}", args=[one.slug])
        return reverse("home")

    @property
    def forgotten_on(self) -> datetime | None:
        return self.settled_at and self.settled_at + KEPT

    def digested(self) -> str:
        parts = (self.campaign_id, self.project_id, self.funder_id, self.text, self.evidence_url, self.email)
        return sha256(repr(parts).encode()).hexdigest()


def forget() -> int:
    """How many questions were due to be forgotten."""
    return Question.objects.filter(settled_at__lt=Now() - KEPT, forgotten_at=None).forget()
