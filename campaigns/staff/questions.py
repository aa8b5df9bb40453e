"""Staff pages about what the public asks: read, answer, settle."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from campaigns import outbox
from campaigns.outbox import Message
from campaigns.questions import Question
from fundtracker.models import Site

ON_A_PAGE = 50


class ReplyForm(forms.Form):
    """`seen`: how far the matter was when its reader last looked. `key` makes a double click one answer."""

    answer = forms.CharField(
        label=gettext_lazy("Your answer"), widget=forms.Textarea({"rows": 6}), required=False, max_length=8000
    )
    note = forms.CharField(
        label=gettext_lazy("How it was settled"), widget=forms.Textarea({"rows": 2}), required=False, max_length=500,
        help_text=gettext_lazy("Stays when the question is forgotten: name nobody here."),
    )  # fmt: skip
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.settles = "settle" in self.data
        if not question.email:
            del self.fields["answer"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        needed = "note" if self.settles else "answer"
        if not cleaned.get(needed):
            words = (
                _("Say in a few words how it was settled.") if self.settles else _("Write an answer first.")
            )
            self.add_error(needed if needed in self.fields else None, words)
        elif self.settles and cleaned.get("answer"):
            self.add_error("answer", _("This has not been sent yet: send it first, or take it out."))
        return cleaned


@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    settled = Question.objects.exclude(settled_at=None).with_page().order_by("-settled_at", "-pk")
    page = {
        "open": Question.objects.open().with_page(),
        "settled": Paginator(settled, ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "staff/questions.html", page)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer by e-mail, or settle. One at a time, each knowing what the other did."""
    one = (
        Question.objects.select_for_update(of=("self",))
        if request.method == "POST"
        else Question.objects.all()
    )
    found = get_object_or_404(one.with_page().select_related("settled_by"), pk=pk)
    answers = list(found.answers.order_by("created_at", "pk"))
    now = f"{len(answers)}-{found.settled_at}"
    form = ReplyForm(request.POST or None, initial={"seen": now, "key": uuid.uuid4()}, question=found)
    page: dict[str, Any] = {"question": found, "answers": answers, "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "staff/question.html", page)
    twice = any(answer.key == _key(form) for answer in answers) or (form.settles and found.settled_at)
    if not twice and form.cleaned_data["seen"] != now:
        page["overtaken"] = True
        # They now know it, and go on, or leave it.
        form.data = request.POST.copy()
        form.data["seen"] = now
        return render(request, "staff/question.html", page)
    if not twice:
        _settle(request, found, form) if form.settles else _answer(found, form)
    messages.success(request, _("Settled.") if form.settles else _("Your answer is on its way."))
    return redirect("staff:questions") if form.settles else redirect("staff:question", pk)


def _key(form: ReplyForm) -> str:
    return f"answer {form.cleaned_data['key']}"


def _answer(found: Question, form: ReplyForm) -> None:
    words = {"reference": found.reference, "site": Site.current()}
    about = _("This is about your question %(reference)s to %(site)s.") % words
    body = f"{form.cleaned_data['answer']}\n\n-- \n{about}\n"
    subject = _("Your question %(reference)s") % words
    outbox.add([Message(key=_key(form), to=found.email, subject=subject, body=body, question=found)])


def _settle(request: HttpRequest, found: Question, form: ReplyForm) -> None:
    Question.objects.filter(pk=found.pk).update(
        settled_at=Now(), settled_by=request.user.pk, note=form.cleaned_data["note"]
    )
