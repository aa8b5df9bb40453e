"""Public pages about funders: all of them, what one gave and promised; what they offer, as programmes."""

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from funders import given, giving, logos, rates
from funders.models import Commitment, Funder, Programme, Source
from funders.models.programmes import ANYWHERE
from funders.reach import reached
from funders.subjects import PEOPLE
from fundtracker import calendar, countries
from fundtracker.models import Site
from fundtracker.money import Money

PAGE, MOST_PAGES = 50, 10_000
# Public bodies and companies apart from people; of whom the kind is not known may be one.
GROUPS = {
    "public-bodies": (gettext_lazy("Public bodies"), (Funder.Kind.PUBLIC_BODY, Funder.Kind.EU_BODY)),
    "companies": (gettext_lazy("Companies"), (Funder.Kind.COMPANY,)),
    "foundations": (gettext_lazy("Foundations"), (Funder.Kind.FOUNDATION,)),
    "people": (gettext_lazy("People"), PEOPLE),
}


@require_safe
def directory(request: HttpRequest, group: str = "", project: str = "", page: int = 1) -> HttpResponse:
    """Organisations; or those of one kind, or people; or whoever gives to one project in public."""
    if group not in ("", *GROUPS) or not 1 <= page <= MOST_PAGES:
        raise Http404
    site = Site.current()
    today = timezone.now().astimezone(site.zone).date()
    there = _projects()
    if project and project not in there:
        raise Http404
    found = given.listed()
    if project:
        found = found.filter(pk__in=given.givers_to(project, today))
    else:
        found = found.filter(kind__in=GROUPS[group][1]) if group else found.exclude(kind__in=PEOPLE)
    # One more than is shown tells whether there is another page; nothing is counted.
    rows = list(found[(page - 1) * PAGE : page * PAGE + 1])
    if page > 1 and not rows:
        raise Http404
    known = given.given_to(rows[:PAGE], today)
    shown = {
        "site": site, "groups": [(key, title) for key, (title, _) in GROUPS.items()], "group": group,
        "project": project, "project_name": there.get(project, ""), "projects": sorted(there.items(), key=lambda one: one[1]),
        "funders": [(one, *known[one.pk]) for one in rows[:PAGE]],
        "before": _page(group, project, page - 1), "after": _page(group, project, page + 1) if rows[PAGE:] else "",
    }  # fmt: skip
    return render(request, "funders/funders.html", shown)


def _projects() -> dict[str, str]:
    """Public projects that money can reach, by their short name."""
    streams = Source.objects.filter(streams__project__is_public=True)
    return dict(streams.values_list("streams__project__slug", "streams__project__name").distinct())


def _page(group: str, project: str, page: int) -> str:
    if page < 1:
        return ""
    if group or project:
        name, key = ("funders_of_kind", group) if group else ("funders_of_project", project)
        return reverse(f"funders:{name}", args=[key, page] if page > 1 else [key])
    return reverse("funders:funders_page", args=[page]) if page > 1 else reverse("funders:funders")


@require_safe
def funder(request: HttpRequest, slug: str) -> HttpResponse:
    """All that is public of what it gives, and whether it pays for what it relies on."""
    found = get_object_or_404(Funder.objects.for_page(), slug=slug)
    site = Site.current()
    today = timezone.now().astimezone(site.zone).date()
    paid = given.payments([found.pk], today)
    page = {
        "site": site,
        "funder": found,
        "gifts": giving.gifts(found, today),
        "promises": [
            (
                one,
                None if one.amount_minor is None else Money(one.amount_minor, one.currency),
                reached(one.source.streams.all(), one.designation, today),
                [(part, part.state_on(today)) for part in one.instalments.all() if not part.paid],
            )
            for one in Commitment.objects.for_funder(found).prefetch_related("instalments")
        ],
        "in_kind": [one for one in found.gives_in_kind.all() if not one.ends_on or one.ends_on >= today],
        "reliances": [(one, (found.pk, one.project_id) in paid) for one in found.reliances.all()],
    }
    return render(request, "funders/funder.html", page)


@require_safe
def programmes(request: HttpRequest) -> HttpResponse:
    """Every programme on one page, which caches can hold; a reader's browser narrows it."""
    site = Site.current()
    today = timezone.now().astimezone(site.zone).date()
    every = list(Programme.objects.public())
    known = rates.load({one.currency for one in every}, since=today, until=today)

    def euros(amount: Money | None) -> int | None:
        minor = amount and known.convert(Decimal(amount.minor), amount.currency, rates.EURO, today)
        return int(minor // 100) if minor else None

    limits = {code for one in every for code in one.countries.split() if code != ANYWHERE}
    page = {
        "site": site,
        "programmes": [(one, euros(one.smallest), euros(one.largest), one.is_stale(today)) for one in every],
        "applicants": Programme.Applicant.choices,
        "countries": sorted((countries.name(code), code) for code in limits),
    }
    return render(request, "funders/programmes.html", page)


# Its name is its content's. Browsers keep it; caches that many people share ask again soon, for who is named no more.
LOGO_CACHE = "public, max-age=31536000, s-maxage=60, immutable"


@require_safe
def logo(request: HttpRequest, name: str) -> HttpResponse:
    """A size of a public funder's logo: `name` is its content's, and the size."""
    content, _, box = name.rpartition("-")
    if box not in map(str, logos.SIZES) or not content:
        raise Http404
    if not Funder.objects.public().filter(logo=content).exists():
        raise Http404
    answer = drawn(content, int(box))
    answer["Cache-Control"] = LOGO_CACHE
    return answer


def drawn(content: str, box: int) -> HttpResponse:
    """What funders/logos.py made of an upload."""
    try:
        with default_storage.open(logos.file_name(content, box)) as file:
            answer = HttpResponse(file.read(), content_type="image/webp")
    except FileNotFoundError:
        raise Http404 from None
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_safe
def programme(request: HttpRequest, slug: str) -> HttpResponse:
    site = Site.current()
    found = get_object_or_404(Programme.objects.public(), slug=slug)
    today = timezone.now().astimezone(site.zone).date()
    page = {"site": site, "programme": found, "stale": found.is_stale(today)}
    return render(request, "funders/programme.html", page)


@require_safe
def deadlines(request: HttpRequest) -> HttpResponse:
    """The days on which programmes open and close, to subscribe to."""
    days = [day for one in Programme.objects.public() for day in _days(one)]
    text = calendar.write(_("Programmes: first and last days to apply"), days)
    return HttpResponse(text, content_type="text/calendar; charset=utf-8")


def _days(one: Programme) -> Iterator[calendar.Day]:
    page = settings.SITE_URL + reverse("programmes:programme", args=[one.slug])
    words = {"programme": one.name, "funder": one.funder}
    told = {
        "opens": (one.opens_on, _("%(programme)s (%(funder)s) opens")),
        "closes": (one.closes_on, _("%(programme)s (%(funder)s) closes: the last day to apply")),
    }
    for name, (day, summary) in told.items():
        if day:
            uid = f"programme-{one.pk}-{name}@{urlsplit(settings.SITE_URL).hostname}"
            yield calendar.Day(uid, day, one.checked_on, summary % words, one.source_url, page)
