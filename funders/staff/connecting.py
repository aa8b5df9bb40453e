"""Connect a source, change it, hand it over to another account."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from funders import connections, connectors
from funders.connections import SECRETS, SecretsForm, with_https
from funders.models import Source
from funders.staff.instructions import GUIDES, is_file
from funders.staff.source_forms import ConnectForm, SourceForm, free_slug, is_tested
from funders.staff.sources import tell_test
from fundtracker.history import because


class HandOverForm(SecretsForm):
    """Another account from now on: the same money under another name, or money of its own."""

    SAME, OTHER = "same", "other"
    how = forms.ChoiceField(
        label=gettext_lazy("What has happened"),
        widget=forms.RadioSelect,
        choices=[
            (
                SAME,
                gettext_lazy("The account has moved or has another name: the same gifts are listed there"),
            ),
            (OTHER, gettext_lazy("Another account takes over: it has gifts of its own")),
        ],
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the new source"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Only where another account takes over."),
    )
    why = forms.CharField(label=gettext_lazy("Why"), max_length=200)
    seen = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ("how", "account", "base_url", "new_token", "name", "why")

    class Meta:
        model = Source
        formfield_callback = with_https
        fields = ("account", "base_url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guide = GUIDES[self.instance.kind]
        self._from = self.instance.account, self.instance.base_url
        self.initial["key"] = uuid.uuid4()
        self.fields["base_url"].required = bool(guide.address)
        labels: dict[str, Any] = {"account": guide.account, "new_token": guide.token}
        for name, label in labels.items():
            self.fields[name].label = label
            if not label:
                del self.fields[name]
        for name in ("forget_token", "forget_hook_secret", "new_hook_secret"):
            del self.fields[name]
        if "new_token" in self.fields:
            self.fields["new_token"].help_text = _(
                "Of the new account. The present one is forgotten in any case."
            )

    def leaves(self) -> bool:
        """Always: a token belongs to its account."""
        return True

    def typed(self) -> set[str]:
        return super().typed() & set(self.Meta.fields)

    @property
    def is_same(self) -> bool:
        return bool(self.cleaned_data["how"] == self.SAME)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        place = cleaned.get("account", self._from[0]), cleaned.get("base_url", self._from[1])
        if place == self._from:
            field = "account" if "account" in self.fields else "base_url"
            self.add_error(field, _("This is the account that it has."))
        if cleaned.get("how") == self.OTHER and not cleaned.get("name"):
            self.add_error("name", _("Say what the new source is called."))
        return cleaned

    def successor(self) -> Source:
        """Not saved: what the new account's source is, with the old one's settings and none of its secrets."""
        old, typed = self.instance, self.cleaned_data
        new = Source(slug=free_slug(typed["name"]), name=typed["name"], key=typed["key"], active=False)
        for field in ("kind", "options", "time_zone", "every_minutes", "rank", "is_sandbox"):
            setattr(new, field, getattr(old, field))
        new.account, new.base_url = typed.get("account", ""), typed["base_url"]
        new.token = typed.get("new_token", "")
        return new


@require_http_methods(["GET", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """The kind first, then just what it needs; it is tested at once, and read once somebody says so."""
    kind = request.GET.get("kind", "")
    if kind not in GUIDES:
        return render(request, "staff/connect.html", {"groups": _groups()})
    draft = Source(kind=kind)
    # No other field comes by a link: an address would have a token typed for somebody else's server.
    told = {name: request.GET[name] for name in ("name", "account") if name in request.GET}
    start = {"name": draft.get_kind_display(), **told}
    form = ConnectForm(request.POST or None, instance=draft, initial=start)
    if request.method == "POST" and form.is_valid():
        source, is_new = form.make()
        if is_new and is_tested(kind):
            tell_test(request, source)
        return redirect("staff:source", source.pk)
    page = {"form": form, "guide": GUIDES[kind], "label": draft.get_kind_display()}
    return render(request, "staff/source_form.html", page)


def _groups() -> list[tuple[str, list[tuple[str, str, Any]]]]:
    kinds = [(kind, label, GUIDES[kind].line) for kind, label in connectors.choices()]
    return [
        (_("Asked over the network"), [one for one in kinds if one[0] != connectors.MANUAL and not is_file(one[0])]),
        (_("From files that you upload"), [one for one in kinds if is_file(one[0])]),
        (_("By hand"), [one for one in kinds if one[0] == connectors.MANUAL]),
    ]  # fmt: skip


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(Source, pk=pk)
    version = connections.version(source)
    form = SourceForm(request.POST or None, instance=source, initial={"seen": version})
    page: dict[str, Any] = {"form": form, "guide": GUIDES[source.kind], "label": source.get_kind_display()}
    if request.method == "POST" and form.is_valid():
        form.save(commit=False)
        if connections.store(form, seen=form.cleaned_data["seen"] or 0):
            for secret in form.left_behind:
                messages.warning(request, SECRETS[secret])
            messages.success(request, _("Saved."))
            return redirect("staff:source", pk)
        page["changes"] = _overtaken(request, form, source)
    page["source"] = Source.objects.get(pk=pk)
    return render(request, "staff/source_form.html", page)


@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(Source, pk=pk)
    if not is_tested(source.kind):
        return redirect("staff:source", pk)
    form = HandOverForm(request.POST or None, instance=source, initial={"seen": connections.version(source)})
    page: dict[str, Any] = {"form": form, "source": Source.objects.get(pk=pk)}
    if request.method == "POST" and form.is_valid():
        goes_on = _hand_over(source, form)
        if goes_on is not None:
            tell_test(request, goes_on)
            return redirect("staff:source", goes_on.pk)
        page["changes"] = _overtaken(request, form, source)
    return render(request, "staff/source_hand_over.html", page)


def _hand_over(source: Source, form: HandOverForm) -> Source | None:
    """What is read from now on; None if somebody changed the source meanwhile."""
    because(form.cleaned_data["why"])
    seen = form.cleaned_data["seen"]
    if form.is_same:
        form.save(commit=False)
        return source if connections.store(form, seen=seen) else None
    if twice := Source.objects.filter(key=form.cleaned_data["key"]).first():
        return twice
    new = form.successor()
    return new if connections.succeed(source, new, seen=seen) else None


def _overtaken(request: HttpRequest, form: Any, source: Source) -> list[connections.Change]:
    """What somebody changed meanwhile. Its author now knows of it: the form comes back, and may be sent again."""
    changes = list(connections.changes_since(source, form.cleaned_data["seen"] or 0))
    typed = request.POST.copy()
    typed["seen"] = str(connections.version(source))
    form.data = typed
    return changes
