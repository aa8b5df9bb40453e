"""The sheet of paper that a campaign is typed on: its own fields, where to give, and its levels."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Level
from funders.models.promises import PURPOSES
from fundtracker.forms import AmountsForm
from fundtracker.money import Money, exponent
from projects.models import Project, Stream

DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
MOMENT = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
# What frozen figures are figures of.
FIXED = (
    *("slug", "mode", "currency", "target_minor", "starts_on", "ends_on"),
    *("streams", "purposes", "counts_earlier"),
)


class Difference(NamedTuple):
    """A field in which what is typed is not what is there."""

    label: str
    there: str
    typed: str


class CampaignForm(AmountsForm):
    slug = forms.SlugField(
        label=gettext_lazy("Name in addresses"), max_length=80, required=False,
        help_text=gettext_lazy("Empty: made from the name. Changing it later breaks links to the page."),
    )  # fmt: skip
    target_minor = forms.CharField(
        label=gettext_lazy("Target"), max_length=40, required=False,
        help_text=gettext_lazy("Such as 900,000 or 900k. Empty: no target, no percentage."),
    )  # fmt: skip
    source_url = forms.URLField(
        label=gettext_lazy("Where this was announced"), required=False, assume_scheme="https"
    )
    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Only money for"), choices=PURPOSES, required=False,
        widget=forms.CheckboxSelectMultiple, help_text=gettext_lazy("None ticked: money for anything counts."),
    )  # fmt: skip

    class Meta:
        model = Campaign
        fields = (
            *("name", "slug", "project", "summary", "about", "mode", "currency", "target_minor"),
            *("starts_on", "ends_on", "counts_earlier", "streams", "purposes"),
            *("source_url", "restated_every_days", "publish_at"),
        )
        widgets = {
            "summary": forms.Textarea({"rows": 3}),
            "about": forms.Textarea({"rows": 8}),
            "currency": forms.TextInput({"autocapitalize": "characters", "autocomplete": "off"}),
            "starts_on": DAY,
            "ends_on": DAY,
            "streams": forms.CheckboxSelectMultiple,
            "publish_at": MOMENT,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["streams"].choices = list(_by_source())  # type: ignore[attr-defined]
        self.fields["streams"].help_text = _("Sources whose money counts towards this campaign.")
        campaign = self.instance
        fixed: Iterable[str] = FIXED if hasattr(campaign, "frozen") else ()
        if campaign.pk and not fixed and campaign.statements.exists():
            fixed = ("currency",)  # the stated totals are in it
        for name in fixed:
            self.fields[name].disabled = True

    def what(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "project", "summary", "about", "slug")]

    def asked(self) -> list[forms.BoundField]:
        return [self[name] for name in ("mode", "currency", "target_minor", "starts_on", "ends_on")]

    def promised(self) -> list[forms.BoundField]:
        return [self[name] for name in ("source_url", "restated_every_days", "publish_at")]

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].upper()
        try:
            exponent(code)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("slug") and cleaned.get("name"):
            cleaned["slug"] = slugify(cleaned["name"])[:80]
            if not cleaned["slug"]:
                self.add_error("slug", _("Type one: the name has no letters that addresses know."))
        starts, ends, target = (cleaned.get(name) for name in ("starts_on", "ends_on", "target_minor"))
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day is before the first."))
        if isinstance(target, int) and target < 0:
            self.add_error("target_minor", _("A target cannot be less than 0."))
        return cleaned


def _by_source() -> Iterator[tuple[str, list[tuple[int, str]]]]:
    every = Stream.objects.select_related("source", "project").order_by(
        "source__name", "source_id", "project__name"
    )
    for _source, streams in groupby(every, key=lambda one: one.source_id):
        listed = list(streams)
        yield listed[0].source.name, [(one.pk, _stream(one)) for one in listed]


def _stream(stream: Stream) -> str:
    what = stream.designation or _("all of it that has no stream of its own")
    share = "" if stream.share_bp == 10_000 else f", {stream.share_bp / 100:g} %"
    return f"{stream.project.name}: {what}{share}"


class LinkForm(forms.Form):
    """One place to give. An empty row is none."""

    name = forms.CharField(label=gettext_lazy("Text of the button"), max_length=80, required=False)
    url = forms.URLField(label=gettext_lazy("Address"), required=False, assume_scheme="https")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("name")) != bool(cleaned.get("url")) and not self.errors:
            raise forms.ValidationError(_("A button takes both a text and an address."))
        return cleaned


Links = forms.formset_factory(LinkForm, extra=2, max_num=20)


class LevelForm(AmountsForm):
    """One level; without an amount there is none. Its currency is what is typed for the campaign."""

    amount_minor = forms.CharField(label=gettext_lazy("Amount"), max_length=40, required=False)
    if_missed = forms.CharField(
        label=gettext_lazy("What happens if it is missed"), required=False, widget=forms.Textarea({"rows": 2})
    )
    source_url = forms.URLField(
        label=gettext_lazy("Where this was said"), required=False, assume_scheme="https"
    )

    class Meta:
        model = Level
        fields = ("amount_minor", "due_on", "if_missed", "source_url")
        widgets = {"due_on": DAY}

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(*args, **kwargs)

    def currency_of_instance(self) -> str:
        return self.instance.campaign.currency if self.instance.pk else ""

    def currency_typed(self, cleaned: dict[str, Any]) -> str:
        return self.currency

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if cleaned["amount_minor"] is None and any(cleaned.values()):
            self.add_error("amount_minor", _("Say the amount, or empty the other fields."))
        elif cleaned["amount_minor"] is not None and not cleaned["if_missed"]:
            self.add_error("if_missed", _("Say what happens: it is why a level is there."))
        return cleaned


class Sheet:
    """The forms of one campaign together, checked and saved together."""

    def __init__(
        self, data: QueryDict | None, campaign: Campaign, *, start: dict[str, Any] | None = None
    ) -> None:
        self.form = CampaignForm(data, instance=campaign, initial=start)
        self.links = Links(data, prefix="links", initial=_links(campaign))
        made = {level.kind: level for level in campaign.levels.all()} if campaign.pk else {}
        fixed = self.form.fields["currency"].disabled or data is None
        currency = campaign.currency if fixed else data.get("currency", "").upper()  # type: ignore[union-attr]
        self.levels = [
            LevelForm(
                data,
                instance=made.get(kind) or Level(campaign=campaign, kind=kind),
                prefix=kind.value,
                currency=currency,
            )
            for kind in Level.Kind
        ]
        self.there = [_values(form) for form in self._rows()]
        self.links_there = _links(campaign)

    def _rows(self) -> list[AmountsForm]:
        return [self.form, *self.levels]

    @property
    def seen(self) -> str:
        """Of what was there when the sheet was opened: another after anybody changed anything."""
        return sha256(repr((self.there, self.links_there)).encode()).hexdigest()

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self._rows()]
        return self.links.is_valid() and all(valid)

    def differences(self) -> list[Difference]:
        """Of what is typed to what is there, once it is valid."""
        found = [
            one
            for form, there in zip(self._rows(), self.there, strict=True)
            for one in _differing(form, there)
        ]
        typed = self._typed_links()
        if typed != self.links_there:
            found.append(Difference(_("Where to give"), _buttons(self.links_there), _buttons(typed)))
        return found

    def _typed_links(self) -> list[dict[str, str]]:
        return [{"name": row["name"], "url": row["url"]} for row in self.links.cleaned_data if row.get("url")]

    def save(self) -> Campaign:
        campaign: Campaign = self.form.instance
        campaign.give_links = self._typed_links()
        self.form.save()
        for one in self.levels:
            one.instance.campaign = campaign
            if one.cleaned_data["amount_minor"] is not None:
                one.save()
            elif one.instance.pk:
                one.instance.delete()
        return campaign


def _links(campaign: Campaign) -> list[dict[str, str]]:
    kept = (link for link in campaign.give_links if isinstance(link, dict))
    return [{"name": str(link.get("name", "")), "url": str(link.get("url", ""))} for link in kept]


def _buttons(links: Iterable[dict[str, str]]) -> str:
    return ", ".join(f"{link['name']} ({link['url']})" for link in links) or "–"


def _values(form: AmountsForm) -> dict[str, Any]:
    """What the row says, comparable with what the form will have cleaned; read before validation changes the row."""
    row = form.instance
    values = {name: row.serializable_value(name) for name in form.fields if name != "streams"}
    if "streams" in form.fields:
        values["streams"] = sorted(one.pk for one in row.streams.all()) if row.pk else []
    return values


def _differing(form: AmountsForm, there: dict[str, Any]) -> Iterator[Difference]:
    level = f"{form.instance.get_kind_display()}: " if isinstance(form, LevelForm) else ""
    for name, value in there.items():
        typed = form.cleaned_data.get(name)
        if name == "streams":
            typed = sorted(one.pk for one in typed or ())
        elif isinstance(typed, Project):
            typed = typed.pk
        if typed != value and (typed or value):
            yield Difference(
                f"{level}{form[name].label}", _written(form, name, value), _written(form, name, typed)
            )


def _written(form: AmountsForm, name: str, value: Any) -> str:
    """As its reader would say it."""
    if value in (None, "", []):
        return "–"
    if name.endswith("_minor"):
        return Money(value, form.currency_typed(form.cleaned_data)).format(get_language() or "en")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    known = dict(_flat(getattr(form.fields[name], "choices", ())))
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(known.get(str(one), one)) for one in values)


def _flat(choices: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, Any]]:
    for key, label in choices:
        if isinstance(label, list):
            yield from ((str(one), words) for one, words in label)
        else:
            yield str(key), label
