"""Forms about one source: just what its kind needs, in words of its own."""

import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.forms import BoundField
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funders import connectors
from funders.connections import SecretsForm, with_https
from funders.models import Source
from funders.staff import settings
from funders.staff.instructions import GUIDES, is_file

OPTION = "option_"
# What few people touch stands below the rest.
RARE = ("base_url", "every_minutes", "time_zone", "evidence_url", "rank", "aggregators", "is_sandbox", "more")
SECRET = ("new_token", "new_hook_secret")


class Rest(forms.JSONField):
    """Settings that have no field of their own."""

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(value) if value else ""

    def clean(self, value: Any) -> Any:
        found = super().clean(value) or {}
        if not isinstance(found, dict):
            raise forms.ValidationError(_("Write it as one object: {“delimiter”: “;”}."))
        return found


class SourceForm(SecretsForm):
    """Of a source whose kind is known. `seen` is the version that its author knew of."""

    aggregators = settings.Lines(
        label=gettext_lazy("Givers here whose money another source reports"),
        help_text=gettext_lazy(
            "One a line: the name or the id of a giver of this source, such as “GitHub Sponsors”. What they pay in is a transfer then, and counts only where it was given."
        ),
        required=False,
    )
    more = Rest(
        label=gettext_lazy("Other settings"),
        help_text=gettext_lazy("As JSON, for what has no field here, such as {“delimiter”: “;”}."),
        required=False,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Source
        formfield_callback = with_https
        fields = (
            "name", "account", "base_url", "time_zone", "every_minutes", "evidence_url", "rank", "aggregators", "is_sandbox",
        )  # fmt: skip
        labels = {
            "rank": gettext_lazy("Rank, where two sources report one payment"),
            "every_minutes": gettext_lazy("Minutes between two readings"),
            "evidence_url": gettext_lazy("Where anyone can check it"),
            "is_sandbox": gettext_lazy("Its money is made up, for trying things out"),
        }
        help_texts = {
            "name": gettext_lazy("As visitors read it, such as “Open Collective”."),
            "rank": gettext_lazy(
                "The higher rank counts. Give Donorbox or CiviCRM a higher one than Stripe: they know what a payment was for."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind: str = self.instance.kind
        self.guide = GUIDES[self.kind]
        self._had = dict(self.instance.options)
        for name, field in settings.fields(self.kind).items():
            self.fields[OPTION + name] = field
            if name in self._had:
                self.initial[OPTION + name] = self._had[name]
        known = settings.fields(self.kind)
        self.initial["more"] = {name: value for name, value in self._had.items() if name not in known}
        self._fit()

    def _fit(self) -> None:
        """Leave out what this kind has no use for, and call the rest what the provider calls it."""
        guide, fields = self.guide, self.fields
        needs = {
            "account": guide.account, "new_token": guide.token, "new_hook_secret": guide.secret,
            "forget_token": guide.token and self.instance.token_sealed,
            "forget_hook_secret": guide.secret and self.instance.hook_secret_sealed,
            "base_url": not self.has_no_address, "more": self.kind != connectors.MANUAL,
            "every_minutes": self.kind != connectors.MANUAL, "aggregators": self.instance.pk,
            "time_zone": self.kind != connectors.MANUAL,
        }  # fmt: skip
        for name, label in {
            "account": guide.account,
            "base_url": guide.address,
            **self._secret_labels(),
        }.items():
            if label:
                fields[name].label = label
        fields["account"].required = True
        fields["base_url"].required = bool(guide.address)
        for name in [name for name, needed in needs.items() if not needed]:
            del fields[name]

    def _secret_labels(self) -> dict[str, Any]:
        return {"new_token": self.guide.token, "new_hook_secret": self.guide.secret}

    @property
    def has_no_address(self) -> bool:
        return self.kind == connectors.MANUAL or is_file(self.kind)

    @property
    def rare(self) -> list[BoundField]:
        plain = {"base_url": self.guide.address, "time_zone": self.guide.zone}
        return [self[name] for name in RARE if name in self.fields and not plain.get(name)]

    @property
    def usual(self) -> Iterator[BoundField]:
        rare = {field.name for field in self.rare}
        return (field for field in self.visible_fields() if field.name not in rare)

    @property
    def rare_is_wrong(self) -> bool:
        return any(field.errors for field in self.rare)

    @property
    def lost_a_secret(self) -> bool:
        """Whether one was typed into a form that comes back: it is not shown, so it must be typed again."""
        return any(self.data.get(self.add_prefix(name)) for name in SECRET)

    def clean_aggregators(self) -> list[str]:
        return [self._giver(typed) for typed in self.cleaned_data["aggregators"]]

    def _giver(self, typed: str) -> str:
        """Its id at the provider."""
        if typed in self.instance.aggregators:
            return typed
        named = self.instance.givers.exclude(external_id="")
        ids = set(named.filter(external_id=typed).values_list("external_id", flat=True)[:1]) or set(
            named.filter(name__iexact=typed).values_list("external_id", flat=True)[:5]
        )
        if len(ids) > 1:
            words = {"name": typed, "ids": ", ".join(sorted(ids))}
            raise forms.ValidationError(
                _("Several givers here are called “%(name)s”: use an id, %(ids)s.") % words
            )
        if not ids:
            raise forms.ValidationError(_("No giver of this source is called “%(name)s”.") % {"name": typed})
        return str(ids.pop())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._check_once(cleaned)
        options = {
            name.removeprefix(OPTION): value for name, value in cleaned.items() if name.startswith(OPTION)
        }
        self.instance.options = {**(cleaned.get("more") or {}), **settings.chosen(self.kind, options)}
        return cleaned

    def _check_once(self, cleaned: dict[str, Any]) -> None:
        place = {name: cleaned.get(name, "") for name in ("account", "base_url")}
        others = Source.objects.filter(kind=self.kind, **place).exclude(pk=self.instance.pk)
        others = others.exclude(key__isnull=False, key=cleaned.get("key"))
        if any(place.values()) and (other := others.first()):
            field = "account" if "account" in self.fields else "base_url"
            self.add_error(field, _("“%(source)s” reads this account already.") % {"source": other})

    def typed(self) -> set[str]:
        return super().typed() | ({"options"} if self.instance.options != self._had else set())


class ConnectForm(SourceForm):
    """A new source. `key` makes a double click one."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["seen"]
        self.initial["key"] = uuid.uuid4()
        for name in SECRET:
            if name in self.fields:
                self.fields[name].help_text = _("Kept encrypted, and never shown again.")
        if "new_token" in self.fields:
            self.fields["new_token"].required = not self.guide.token_optional
        if "new_hook_secret" in self.fields:
            self.fields["new_hook_secret"].required = not self.guide.token

    def make(self) -> tuple[Source, bool]:
        """The source, and whether it is new. What can be tested first is not read before somebody says so."""
        source, key = self.save(commit=False), self.cleaned_data["key"]
        source.key, source.slug = key, free_slug(source.name)
        source.active = not is_tested(self.kind)
        try:
            with transaction.atomic():
                source.save()
        except IntegrityError:
            return Source.objects.get(key=key), False
        return source, True


class PauseForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=gettext_lazy("Your colleagues read it on the source's page, and in its history."),
    )


def is_tested(kind: str) -> bool:
    """Whether there is somebody to ask before it is read."""
    guide = GUIDES[kind]
    return not is_file(kind) and bool(guide.account or guide.address or guide.token)


def free_slug(name: str) -> str:
    start = slugify(name)[:40] or "source"
    taken = set(Source.objects.filter(slug__startswith=start).values_list("slug", flat=True))
    return next(slug for slug in (start, *(f"{start}-{n}" for n in range(2, 10_000))) if slug not in taken)
