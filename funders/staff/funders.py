"""Funders: who gives, which identities at our sources are theirs, and whether they may be named."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.db import connection, transaction
from django.db.models import CharField, Count, Q, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders import consents, logos, merging
from funders.connectors import MANUAL
from funders.models import Commitment, Funder, Giver
from funders.staff.forms import Seen, day_input, overtaken, today, version
from funders.views import drawn
from fundtracker import history
from fundtracker.models import User

PAGE = 50
MOST_GIVERS = 50


class FunderForm(Seen, forms.ModelForm):  # type: ignore[type-arg]
    url = forms.URLField(label=gettext_lazy("Web page"), required=False, assume_scheme="https")
    field_order = ("name", "kind", "url", "summary", "contact")

    class Meta:
        model = Funder
        fields = ("name", "kind", "url", "summary", "contact")
        widgets = {"summary": forms.Textarea({"rows": 3}), "contact": forms.Textarea({"rows": 3})}

    def twin(self) -> Funder | None:
        """What the other click of a double click made of the same words."""
        same = {name: self.cleaned_data.get(name) for name in self.Meta.fields}
        return Funder.objects.exclude(pk=self.instance.pk).filter(**same).first()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        others = Funder.objects.filter(name__iexact=cleaned.get("name", "")).exclude(pk=self.instance.pk)
        if others.exists() and (self.instance.pk or not self.twin()):
            self.add_error("name", _("There is a funder of this name already: see the list."))
        return cleaned


def _free_slug(name: str) -> str:
    """A short name that nobody has: example, example-2, …"""
    stem = slugify(name)[:70] or "funder"
    taken = set(Funder.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(
        slug for n in range(1, len(taken) + 2) if (slug := stem if n == 1 else f"{stem}-{n}") not in taken
    )


@require_safe
def all_funders(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").strip()
    found = Funder.objects.filter(name__icontains=q) if q else Funder.objects.all()
    found = found.annotate(
        promises=Count("givers__commitments", filter=~Q(givers__commitments__state="ended"), distinct=True)
    )
    page = Paginator(found.order_by("name", "pk"), PAGE).get_page(request.GET.get("page"))
    return render(request, "staff/funders.html", {"page": page, "q": q})


@require_safe
def funder(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Funder, pk=pk)
    promises = Commitment.objects.filter(giver__funder=one).select_related("source", "tier", "membership")
    page = {
        "funder": one,
        "givers": one.givers.select_related("source").order_by("source__name", "name")[:MOST_GIVERS],
        "promises": promises.order_by("-starts_on", "-pk")[:MOST_GIVERS],
        "consents": one.consents.select_related("recorded_by", "withdrawn_by"),
    }
    return render(request, "staff/funder.html", page)


def _one_at_a_time() -> None:
    """Two clicks would both find no funder of that name."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE funders_funder IN SHARE ROW EXCLUSIVE MODE")


@require_http_methods(["GET", "POST"])
@transaction.atomic
def new_funder(request: HttpRequest) -> HttpResponse:
    form = FunderForm(request.POST or None)
    if request.method == "POST":
        _one_at_a_time()
    if request.method == "POST" and form.is_valid():
        if twin := form.twin():
            return redirect("staff:funder", twin.pk)
        form.instance.slug = _free_slug(form.cleaned_data["name"])
        made = form.save()
        messages.success(request, _("%(funder)s is entered.") % {"funder": made})
        return redirect("staff:funder", made.pk)
    return render(request, "staff/funder_edit.html", {"form": form})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(_for_change(request), pk=pk)
    now = version(one)
    form = FunderForm(request.POST or None, instance=one, initial={"seen": now})
    page: dict[str, Any] = {"form": form, "funder": one}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, one, now)
        if not page["change"]:
            form.save()
            consents.follow(one)
            messages.success(request, _("Saved."))
            return redirect("staff:funder", pk)
    return render(request, "staff/funder_edit.html", page)


def _for_change(request: HttpRequest) -> Any:
    rows = Funder.objects.all()
    return rows.select_for_update(no_key=True) if request.method == "POST" else rows


class ConsentForm(forms.Form):
    agreed_on = forms.DateField(label=gettext_lazy("Agreed on"), widget=day_input())
    evidence = forms.CharField(
        label=gettext_lazy("How we know"), widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Such as: e-mail from their director, filed under 2026-014."),
    )  # fmt: skip

    def clean_agreed_on(self) -> Any:
        if self.cleaned_data["agreed_on"] > today():
            raise forms.ValidationError(_("This day has not come yet."))
        return self.cleaned_data["agreed_on"]


class WithdrawalForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        help_text=gettext_lazy("Such as: they asked by e-mail today."),
    )


@require_http_methods(["GET", "POST"])
@transaction.atomic
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether it is named in public: with consent on record, or where its provider names it; taken back at once."""
    one = get_object_or_404(_for_change(request), pk=pk)
    user = request.user
    assert isinstance(user, User)
    if "show" in request.POST and one.may_be_named():
        consents.show(one)
        return redirect("staff:funder", pk)
    asks: type[forms.Form] = WithdrawalForm if one.is_public else ConsentForm
    form = asks(request.POST or None, initial={"agreed_on": today()})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if one.is_public:
            history.because(_("no longer named in public"))
            consents.withdraw(one, user, on=today(), why=said["why"])
            messages.success(request, _("%(funder)s is named nowhere any more.") % {"funder": one})
        else:
            consents.give(one, user, agreed_on=said["agreed_on"], evidence=said["evidence"])
            messages.success(request, _("%(funder)s is named in public now.") % {"funder": one})
        return redirect("staff:funder", pk)
    return render(
        request, "staff/funder_listing.html", {"form": form, "funder": one, "may_show": one.may_be_named()}
    )


class LogoForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Picture"), widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=gettext_lazy("PNG, JPEG, WebP or GIF, up to 5 MB. It is drawn anew; nothing else of the file is kept."),
    )  # fmt: skip

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            return logos.redrawn(file, file.size)
        except logos.Refused as why:
            raise forms.ValidationError(str(why)) from None


@require_http_methods(["GET", "POST"])
def logo(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Funder, pk=pk)
    form = LogoForm(request.POST or None, request.FILES or None)
    removing = "remove" in request.POST
    if request.method == "POST" and (removing or form.is_valid()):
        name, drawn = ("", {}) if removing else form.cleaned_data["file"]
        for box, picture in drawn.items():
            if not default_storage.exists(path := logos.file_name(name, box)):
                default_storage.save(path, ContentFile(picture))
        before, one.logo = one.logo, name
        one.save(update_fields=["logo"])
        _forget(before)
        messages.success(request, _("The logo is removed.") if removing else _("The logo is saved."))
        return redirect("staff:funder", pk)
    return render(request, "staff/funder_logo.html", {"form": form, "funder": one})


@require_safe
def logo_file(request: HttpRequest, pk: int) -> HttpResponse:
    """For staff, also of a funder that may not be named."""
    return drawn(get_object_or_404(Funder.objects.exclude(logo=""), pk=pk).logo, max(logos.SIZES))


def _forget(name: str) -> None:
    """The files of a logo that nobody has any more."""
    if name and not Funder.objects.filter(logo=name).exists():
        for box in logos.SIZES:
            default_storage.delete(logos.file_name(name, box))


@require_http_methods(["GET", "POST"])
@transaction.atomic
def givers(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which identities at our sources are this funder, and which are not."""
    one = get_object_or_404(_for_change(request), pk=pk)
    q = request.GET.get("q", "").strip()
    named = Giver.objects.exclude(name="").filter(erased_at=None).select_related("source", "funder")
    ticked = [pk for pk in request.POST.getlist("link") if pk.isdecimal()]
    chosen = named.filter(pk__in=ticked).select_for_update(of=("self",)).order_by("pk")
    taken = [giver for giver in chosen if giver.funder not in (None, one)]
    if request.method == "POST" and not taken:
        linked = named.filter(pk__in=ticked, funder=None)
        freed = one.givers.exclude(source__kind=MANUAL).filter(pk__in=request.POST.getlist("free"))
        history.because(_("recognised as %(funder)s") % {"funder": one})
        count = linked.update(funder=one) + freed.update(funder=None)
        if one.is_public and not one.may_be_named():
            consents.unname(one)
        messages.success(request, _("Saved: %(count)d changed.") % {"count": count})
        return redirect("staff:funder", pk)
    theirs = one.givers.exclude(source__kind=MANUAL).select_related("source")[:MOST_GIVERS]
    found = named.filter(funder=None, name__icontains=q or one.name).order_by("name", "pk")[:MOST_GIVERS]
    page = {"funder": one, "q": q, "found": found, "theirs": theirs, "taken": taken, "ticked": ticked}
    return render(request, "staff/funder_givers.html", page)


class MergeForm(Seen):
    into = forms.ModelChoiceField(Funder.objects.none(), label=gettext_lazy("It is the same as"))

    def __init__(self, *args: Any, gone: Funder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        into: Any = self.fields["into"]
        # Whoever was erased stays erased: no words of somebody else become theirs.
        erased = Funder.objects.filter(slug=Concat(Value("erased-"), Cast("pk", CharField())))
        into.queryset = Funder.objects.exclude(pk=gone.pk).exclude(pk__in=erased).order_by("name")


def _merged_before(request: HttpRequest) -> HttpResponse:
    """The other click of a double click, or a colleague: it is gone, and where it went is shown."""
    into = request.POST.get("into", "")
    return redirect("staff:funder", get_object_or_404(Funder, pk=into if into.isdecimal() else None).pk)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Two that are one. What follows is said before it is done."""
    gone = _for_change(request).filter(pk=pk).first()
    if gone is None:
        return _merged_before(request)
    user, now = request.user, version(gone)
    assert isinstance(user, User)
    form = MergeForm(request.POST or None, gone=gone, initial={"seen": now})
    change = overtaken(form, gone, now) if request.method == "POST" and form.is_valid() else None
    if request.method == "POST" and form.is_valid() and not change:
        into = form.cleaned_data["into"]
        history.because(_("%(gone)s is the same as %(into)s") % {"gone": gone, "into": into})
        merging.merge(gone, into, user, on=today())
        messages.success(request, _("%(gone)s is now %(into)s.") % {"gone": gone, "into": into})
        return redirect("staff:funder", into.pk)
    counted = {
        "identities": gone.givers.count(),
        "promises": Commitment.objects.filter(giver__funder=gone).count(),
        "programmes": gone.programmes.count(),
    }
    page = {"form": form, "funder": gone, "change": change, **counted}
    return render(request, "staff/funder_merge.html", page)
