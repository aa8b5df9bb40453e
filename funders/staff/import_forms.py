"""What is asked on the way from a file to the books: the file, whose it is, and why it is taken back."""

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funders import connectors, imports
from funders.models import Source, Upload
from funders.models.sources import file_kinds
from fundtracker.models import Site


class FileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"))

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        most, field = settings.UPLOAD_MOST_BYTES, self.fields["file"]
        size = {"most": filesizeformat(most)}
        too_large = _("This file is larger than %(most)s: split it, by year for example.") % size
        field.widget.attrs |= {"data-most-bytes": most, "data-too-large": too_large}
        field.help_text = _("CSV, XLSX, JSON or a bank’s XML, as it was exported; at most %(most)s.") % size


class SourceForm(forms.Form):
    """Whose file it is: a source there is, or a new one. `was` is the source that its sender knew of."""

    source = forms.ModelChoiceField(
        Source.objects.none(), label=gettext_lazy("Source"), required=False, empty_label=gettext_lazy("a new source")
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("What the file is"))
    name = forms.CharField(label=gettext_lazy("Name of the new source"), max_length=120, required=False)
    account = forms.CharField(
        label=gettext_lazy("Account at the provider"), max_length=200, required=False,
        help_text=gettext_lazy("Whose export it is, as the provider’s addresses have it. GitHub’s needs it."),
    )  # fmt: skip

    was = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, upload: Upload) -> None:
        start = {"kind": upload.kind or imports.TABLE, "source": upload.source, "was": upload.source_id}
        super().__init__(data, initial=start)
        self.recognised = upload.kind
        labels = dict(connectors.choices())
        self.fields["source"].queryset = imports.sources().filter(active=True)  # type: ignore[attr-defined]
        self.fields["kind"].choices = [(kind, labels[kind]) for kind in file_kinds()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        source, kind = cleaned.get("source"), cleaned.get("kind")
        if source and self.recognised and source.kind not in (self.recognised, imports.TABLE):
            words = {"source": source, "kind": source.get_kind_display()}
            self.add_error("source", _("%(source)s takes other files: %(kind)s.") % words)
        if not source and not cleaned.get("name"):
            self.add_error("name", _("Name the new source, or choose one that there is."))
        if not source and kind == "github_export" and not cleaned.get("account"):
            self.add_error("account", _("Say whose export it is."))
        return cleaned

    def chosen(self) -> Source:
        said = self.cleaned_data
        return said["source"] or Source.objects.create(
            slug=_free_slug(said["name"]), name=said["name"], kind=said["kind"], account=said["account"],
            time_zone=Site.current().time_zone,
        )  # fmt: skip


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, help_text=gettext_lazy("It stays in the history.")
    )


def _free_slug(name: str) -> str:
    base = slugify(name)[:40] or "files"
    taken = set(Source.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if slug not in taken)
