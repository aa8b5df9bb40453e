"""“Something wrong with a figure?”: the public form, without cookie, token or script."""

from typing import Any

from django import forms
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.models import Campaign
from campaigns.questions import Question
from funders.models import Funder
from fundtracker.models import Asked, Site
from fundtracker.unsigned import TOO_MANY, Trap, new_reference, who
from projects.models import Project

# The first part of a page's address, and the field of a question about it.
KINDS: dict[str, tuple[str, type[models.Model]]] = {
    "campaigns": ("campaign", Campaign),
    "projects": ("project", Project),
    "funders": ("funder", Funder),
}


class QuestionForm(Trap, forms.ModelForm):  # type: ignore[type-arg]
    evidence_url = forms.URLField(
        label=gettext_lazy("Where anyone can check it"), required=False, assume_scheme="https", max_length=500,
        help_text=gettext_lazy("A web page, if there is one."),
    )  # fmt: skip

    class Meta:
        model = Question
        fields = ("text", "evidence_url", "name", "email")
        widgets = {
            "text": forms.Textarea({"rows": 6}),
            "name": forms.TextInput({"autocomplete": "name"}),
            "email": forms.EmailInput({"autocomplete": "email"}),
        }
        help_texts = {
            "text": gettext_lazy("Which figure, and what it should be as far as you know."),
            "email": gettext_lazy("If you would like an answer."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = True


# Without a token: whoever sends this signs in nowhere, so there is no authority to borrow.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, kind: str = "", slug: str = "") -> HttpResponse:
    about = _about(kind, slug)
    question = Question(**about)
    form = QuestionForm(request.POST or None, instance=question)
    page = {"site": Site.current(), "form": form, "about": next(iter(about.values()), None)}
    if request.method != "POST" or not form.is_valid():
        return render(request, "campaigns/question.html", page)
    if form.cleaned_data["website"]:
        return redirect("question_thanks", new_reference())
    kept = _kept(question, who(request))
    if kept is None:
        form.add_error(None, TOO_MANY)
        return render(request, "campaigns/question.html", page, status=429)
    return redirect("question_thanks", kept.reference)


@require_safe
def thanks(request: HttpRequest, reference: str) -> HttpResponse:
    """Shows what its address says, and asks nothing: nobody learns here which references there are."""
    return render(request, "campaigns/thanks.html", {"site": Site.current(), "reference": reference})


def _about(kind: str, slug: str) -> dict[str, Any]:
    if not kind:
        return {}
    if kind not in KINDS:
        raise Http404
    field, model = KINDS[kind]
    # A planned campaign is nobody's business before its time.
    shown = Campaign.objects.public() if model is Campaign else model._default_manager.filter(is_public=True)
    return {field: get_object_or_404(shown, slug=slug)}


@transaction.atomic
def _kept(question: Question, sender: str) -> Question | None:
    """None where too many have come. What is open already, word for word, is not asked twice."""
    if not Asked.admit(sender):
        return None
    question.digest = question.digested()
    same = Question.objects.open().filter(digest=question.digest).first()
    if same is None:
        question.save()
    return same or question
