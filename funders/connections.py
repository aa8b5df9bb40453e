"""How a source is connected, changed, asked and paused, whoever does it: the staff pages, the admin, a command."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from funders import bell, ledger
from funders.models import Source

_USUAL_PORT = {"http": ":80", "https": ":443"}
_HIDDEN = forms.PasswordInput(attrs={"autocomplete": "off"})
_KEPT_HIDDEN = _("Kept encrypted and never shown. Empty: the present one stays.")
# What each is called, and what is said when its source moved away from it.
SECRETS = {
    "token": _("The source is now another server or kind, so its token was forgotten: type one."),
    "hook_secret": _(
        "The source is now another server or kind, so its webhook secret was forgotten: type one."
    ),
}
# Of another place a run begins at the beginning.
PLACE = frozenset({"kind", "account", "base_url"})
NOTHING: tuple[Any, ...] = (None, "", [], {})
_COLUMNS = frozenset(field.name for field in Source._meta.concrete_fields)


def with_https(field: "models.Field[Any, Any]", **options: Any) -> forms.Field | None:
    """A column as a form's field: an address may leave out https://."""
    more: dict[str, Any] = {"assume_scheme": "https"} if isinstance(field, models.URLField) else {}
    return field.formfield(**more, **options)


class SecretsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Of a source. Secrets go in and never come out again, nor do they follow their source to another server."""

    new_token = forms.CharField(
        label=_("New token"), required=False, strip=True, widget=_HIDDEN, help_text=_KEPT_HIDDEN
    )
    forget_token = forms.BooleanField(label=_("Forget the token"), required=False)
    new_hook_secret = forms.CharField(
        label=_("New webhook secret"), required=False, strip=True, widget=_HIDDEN, help_text=_KEPT_HIDDEN
    )
    forget_hook_secret = forms.BooleanField(label=_("Forget the webhook secret"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left_behind: list[str] = []
        self._was, self._counted = self._place(), self._rules()

    def save(self, commit: bool = True) -> Source:
        for secret in SECRETS:
            if self.cleaned_data.get(f"forget_{secret}"):
                setattr(self.instance, secret, "")
            elif self.cleaned_data.get(f"new_{secret}"):
                setattr(self.instance, secret, self.cleaned_data[f"new_{secret}"])
            elif getattr(self.instance, f"{secret}_sealed") and self.leaves():
                setattr(self.instance, secret, "")
                self.left_behind.append(secret)
        source: Source = super().save(commit)
        return source

    def leaves(self) -> bool:
        """Whether what is typed is another server or kind."""
        return self._was != self._place()

    def recounts(self) -> bool:
        """Whether other entries count than before."""
        return self._counted != self._rules()

    def _rules(self) -> tuple[int, Any]:
        return self.instance.rank, self.instance.aggregators

    def typed(self) -> set[str]:
        """The columns that were typed anew."""
        return set(self.changed_data) & _COLUMNS

    def _place(self) -> tuple[str, str, str]:
        parts = urlsplit(self.instance.base_url)
        usual = _USUAL_PORT.get(parts.scheme, "")
        return self.instance.kind, parts.scheme, parts.netloc.lower().removesuffix(usual)


@transaction.atomic
def store(form: SecretsForm, *, seen: int | None = None) -> bool:
    """Write what was typed into a source, after form.save(commit=False), and count anew what that changes.

    False, and nothing is written, if somebody has changed the source since its version `seen`.
    """
    source, typed = form.instance, form.typed()
    if form.recounts():
        # Before the row, in the order of a sync: the other way round the two would wait for each other.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ledger.LOCK])
    Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    if seen is not None and version(source) != seen:
        return False
    if typed & PLACE:
        # Another place's cursor would skip all that is older there, and a run under way must not bring it back.
        source.cursor, source.lease, source.lease_until = {}, None, None
        typed |= {"cursor", "lease", "lease_until"}
    secrets = {f"{secret}_{what}" for secret in SECRETS for what in ("sealed", "set_at")}
    # Only what was typed: a sync may have moved the rest since the row was read.
    source.save(update_fields=typed | secrets)
    if form.recounts():
        ledger.restand(source)
    return True


def ask(source: Source, *, full: bool = False) -> None:
    """Have it read now, from its beginning if `full`; what was refused is tried again."""
    forgive(source)
    Source.objects.filter(pk=source.pk).update(due_at=Now(), **({"reread": True} if full else {}))
    bell.ring(source)


def forgive(source: Source) -> None:
    """Whoever asks by hand asks for what was refused too."""
    source.uploads.exclude(refused="").update(refused="")
    source.deliveries.exclude(error="").update(error="")


def pause(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(active=False)


def resume(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(active=True)
    ask(source)


@transaction.atomic
def succeed(old: Source, new: Source, *, seen: int) -> bool:
    """Close a source and open its successor; False, and neither is done, if somebody changed the old one since."""
    Source.objects.select_for_update(no_key=True).get(pk=old.pk)
    if version(old) != seen:
        return False
    new.save()
    pause(old)
    return True


@dataclass(frozen=True, slots=True)
class Change:
    """Of one field, for people: its name, from what to what."""

    label: str
    before: str
    after: str


def version(source: Source) -> int:
    """Of what staff can change: the last event of its history."""
    last: int | None = _events(source).values_list("pgh_id", flat=True).first()
    return last or 0


def changes_since(source: Source, seen: int) -> Iterator[Change]:
    """What others have changed since the version `seen`."""
    then, now = _events(source).filter(pgh_id__lte=seen).first(), _events(source).first()
    if then is None or now is None:
        return
    for field in Source._meta.concrete_fields:
        before, after = getattr(then, field.name, None), getattr(now, field.name, None)
        if before != after:
            yield Change(
                str(field.verbose_name), *("–" if one in NOTHING else str(one) for one in (before, after))
            )


def paused(source: Source) -> Any:
    """The event that paused it, with who and why in its `pgh_context`; None while it is read."""
    if source.active:
        return None
    since = _events(source).filter(active=True).values_list("pgh_id", flat=True).first() or 0
    return _events(source).filter(pgh_id__gt=since, active=False).last()


def _events(source: Source) -> Any:
    return source.events.select_related("pgh_context").order_by("-pgh_id")  # type: ignore[attr-defined]
