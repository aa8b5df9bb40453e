"""A campaign's total: typed, seen before and after, published; decided on by a second person; withdrawn."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from campaigns import evidence, statements
from campaigns.models import Campaign, EvidenceFile, Statement, Withdrawal
from funders import agreement
from fundtracker import history
from fundtracker.forms import OfCampaignForm
from fundtracker.models import Site, User


class FigureForm(OfCampaignForm):
    """A new total. `seen` is the latest statement that its author knew of, `key` makes a double click one.

    `kept` names the file that was chosen before the preview.
    """

    amount_minor = forms.CharField(
        label=gettext_lazy("Total"), max_length=40, help_text=gettext_lazy("Such as 415,000 or 415k.")
    )
    evidence_url = forms.URLField(
        label=gettext_lazy("Where anyone can check it"), required=False, assume_scheme="https"
    )
    upload = forms.FileField(
        label=gettext_lazy("Evidence as a file"),
        required=False,
        help_text=gettext_lazy("PDF, PNG, JPEG, CSV, XLSX or ODS, up to 10 MB. Only staff can open it."),
    )
    without_file = forms.BooleanField(label=gettext_lazy("Leave the file out"), required=False)
    kept = forms.UUIDField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    class Meta:
        model = Statement
        fields = ("amount_minor", "as_of", "evidence_url", "evidence", "note")
        widgets = {
            "as_of": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea({"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["without_file"].widget = forms.HiddenInput()  # as long as there is none

    def clean_upload(self) -> "UploadedFile[bytes] | None":
        upload: UploadedFile[bytes] | None = self.cleaned_data["upload"]
        if upload is None:
            return None
        if (upload.size or 0) > evidence.MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than 10 MB."))
        try:
            evidence.kind_of(upload.read())
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None
        return upload

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        amount, day = cleaned.get("amount_minor"), cleaned.get("as_of")
        if isinstance(amount, int) and amount < 0:
            self.add_error("amount_minor", _("A total cannot be less than 0."))
        if day and day > timezone.now().astimezone(Site.current().zone).date():
            self.add_error("as_of", _("This day has not come yet."))
        ends = self.instance.campaign.ends_on
        if day and ends and day > ends:
            words = _("The campaign ended on %(day)s: state the total of that day, or of an earlier one.")
            self.add_error("as_of", words % {"day": date_format(ends)})
        return cleaned

    def file_of(self, user: User) -> EvidenceFile | None:
        """The file that goes with the figure: chosen now, or kept since an earlier preview. Kept from now on."""
        chosen = self.cleaned_data
        if chosen.get("upload"):
            file: EvidenceFile | None = evidence.store(chosen["upload"], user)
        else:
            file = None if chosen.get("without_file") else evidence.of(user, chosen.get("kept"))
        self.again(kept=str(file.token) if file else "", without_file="")
        if file:
            self.fields["without_file"].widget = forms.CheckboxInput()
        return file

    def again(self, **values: str) -> None:
        """What the form says when it is shown again."""
        assert isinstance(self.data, QueryDict)
        data = self.data.copy()
        for name, value in values.items():
            data[name] = value
        self.data = data


@require_http_methods(["GET", "POST"])
@transaction.atomic
def figure(request: HttpRequest, slug: str) -> HttpResponse:
    """State a new total: typed, seen before and after, published. One at a time for each campaign."""
    publishing = "publish" in request.POST
    campaign = _held(slug, hold=publishing)
    draft, latest = Statement(campaign=campaign), statements.latest(campaign)
    start = _start(request, campaign, latest)
    form = FigureForm(request.POST or None, request.FILES or None, instance=draft, initial=start)
    page: dict[str, Any] = {"campaign": campaign, "latest": latest, "form": form}
    if request.method != "POST":
        page["made"] = campaign.statements.select_related("recorded_by", "campaign")
        return render(request, "staff/figure.html", page)
    valid, user = form.is_valid(), _user(request)
    page["file"] = draft.evidence_file = form.file_of(user)
    if not valid:
        return render(request, "staff/figure.html", page)
    twice = _stated(draft, form.cleaned_data["key"]) if publishing else None
    page["overtaken"] = bool(latest and latest.pk != form.cleaned_data["seen"] and not twice)
    if publishing and not page["overtaken"]:
        return _published(request, draft, twice, form.cleaned_data["key"])
    if latest and page["overtaken"]:
        # They now know that figure, and publish theirs after it, or leave it.
        form.again(seen=str(latest.pk), key=str(uuid.uuid4()))
    page["before"], page["after"] = statements.figures(campaign), statements.figures_with(draft)
    page["would_wait"] = statements.would_wait(draft, user)
    return render(request, "staff/figure.html", page)


def _published(
    request: HttpRequest, draft: Statement, made: Statement | None, key: uuid.UUID
) -> HttpResponse:
    """`made` by the other click of a double click."""
    if made is None:
        made = draft
        made.key = uuid.uuid4() if Statement.objects.filter(key=key).exists() else key
        statements.state(made, _user(request))
    if made.waits:
        messages.success(request, _("It waits for a second person: above the limit two must agree."))
        return redirect("staff:statement", made.campaign.slug, made.pk)
    messages.success(request, _("Published. To undo it, state another total."))
    return redirect("staff:figure", made.campaign.slug)


def _held(slug: str, *, hold: bool) -> Campaign:
    one = Campaign.objects.select_for_update(no_key=True) if hold else Campaign.objects.all()
    return get_object_or_404(one, slug=slug)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _start(request: HttpRequest, campaign: Campaign, latest: Statement | None) -> dict[str, Any]:
    """Today or the campaign's last day, unless the address says otherwise: undoing is stating the former total."""
    today = statements.today()
    day = min(today, campaign.ends_on or today)
    asked = {field: request.GET[field] for field in ("amount_minor", "as_of", "note") if field in request.GET}
    return {"as_of": day, "key": uuid.uuid4(), "seen": latest.pk if latest else None, **asked}


def _stated(draft: Statement, key: uuid.UUID) -> Statement | None:
    """By the other click of a double click. The same form with another figure is another statement."""
    same = {field: getattr(draft, field) for field in FigureForm.Meta.fields}
    digest = draft.evidence_file.digest if draft.evidence_file else None
    made = draft.campaign.statements.filter(key=key, withdrawn_at=None, **same)
    return made.filter(evidence_file__digest=digest).first()


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("One or two sentences. If a total is withdrawn, its public page shows them."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@transaction.atomic
def statement(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One statement: agreed to or refused by a second person, withdrawn with a reason."""
    _held(slug, hold=request.method == "POST")
    known = Statement.objects.select_related(
        "campaign", "recorded_by", "agreed_by", "refused_by", "evidence_file"
    )
    found = get_object_or_404(known, campaign__slug=slug, pk=pk)
    asked = found if found.waits else found.withdrawals.waiting().select_related("recorded_by").first()
    form = WhyForm(request.POST or None)
    if request.method == "POST" and ("agree" in request.POST or form.is_valid()):
        said = _decided(request, found, asked, form)
        messages.success(request, said or _("Somebody decided it meanwhile."))
        return redirect("staff:statement", slug, pk)
    page: dict[str, Any] = {"campaign": found.campaign, "statement": found, "asked": asked, "form": form}
    page["label"] = _label(asked)
    page["own"] = asked is not None and asked.recorded_by == request.user
    page["before"] = statements.figures(found.campaign)
    if found.waits:
        page["after"] = statements.figures_with(found)
    elif found.counts:
        page["after"] = statements.figures_without(found)
    return render(request, "staff/statement.html", page)


def _label(asked: Statement | Withdrawal | None) -> str:
    """Of what a second person was shown: whoever agrees to a total never agrees to its withdrawal."""
    return f"{asked._meta.model_name} {asked.pk}" if asked else ""


def _decided(
    request: HttpRequest, found: Statement, asked: Statement | Withdrawal | None, form: WhyForm
) -> str:
    """What was done, in words; nothing where it was decided meanwhile, or something else is asked by now."""
    user = _user(request)
    if request.POST.get("asked", "") != _label(asked):
        return ""
    if "agree" in request.POST:
        return _("Agreed: it counts from now on.") if asked and statements.agree(asked, user) else ""
    why = form.cleaned_data["why"]
    history.because(why)
    if "refuse" in request.POST:
        return _("Refused: nothing has changed.") if asked and agreement.refuse(asked, user, why) else ""
    if asked or not found.counts:
        return ""
    if statements.withdraw(found, user, why).waits:
        return _("It waits for a second person: above the limit two must agree.")
    return _("Withdrawn. The campaign’s page shows it with the reason.")


@require_safe
def evidence_file(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    """To whoever signed in, to keep and never to run: nothing in it can act in this site's name."""
    named = Statement.objects.exclude(evidence_file=None).select_related("evidence_file")
    file = get_object_or_404(named, campaign__slug=slug, pk=pk).evidence_file
    assert file
    content_type = evidence.TYPES[file.kind]
    answer = FileResponse(
        file.file.open("rb"), as_attachment=True, filename=file.name, content_type=content_type
    )
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
