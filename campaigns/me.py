"""“Something wrong?”: a maintainer writes to the staff. It is read where the questions of the public are."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from campaigns import ask
from campaigns.questions import Question
from funders.staff.forms import today
from fundtracker.models import Site
from fundtracker.unsigned import TOO_MANY
from projects.models import Maintainer, Project


class MessageForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Question
        fields = ("project", "text")
        labels = {"project": gettext_lazy("About")}
        widgets = {"text": forms.Textarea({"rows": 6})}

    def __init__(self, *args: Any, maintainer: Maintainer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        about: Any = self.fields["project"]
        about.queryset = Project.objects.filter(costs__role__maintainer=maintainer).distinct()
        about.required, about.empty_label = False, _("my record as a whole")
        self.fields["text"].required = True
        self.fields["text"].help_text = _("Everyone on the staff who answers questions reads it, editors too: leave out what only the treasurers should know.")  # fmt: skip


@require_http_methods(["GET", "POST"])
def message(request: HttpRequest) -> HttpResponse:
    """Who writes is known: their name and address stand beside it, and the answer goes there."""
    maintainer = Maintainer.objects.select_related("user").filter(user=request.user.pk).first()
    if maintainer is None or maintainer.user is None:
        raise Http404
    question = Question(name=maintainer.name[:120], email=maintainer.user.email)
    form = MessageForm(request.POST or None, instance=question, maintainer=maintainer)
    page = {"site": Site.current(), "maintainer": maintainer, "today": today(), "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "me/message.html", page)
    kept = ask.keep(question, salted_hmac("campaigns.me", str(maintainer.pk), algorithm="sha256").hexdigest())
    if kept is None:
        form.add_error(None, TOO_MANY)
        return render(request, "me/message.html", page, status=429)
    messages.success(
        request, _("Sent. Its number is %(reference)s; the answer comes by e-mail.") % {"reference": kept}
    )
    return redirect("me:home")
