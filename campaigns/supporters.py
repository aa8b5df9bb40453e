"""How many supporters a campaign has: too slow for a page, so it is counted after each sync and shown with its time."""

from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q

from campaigns.models import Campaign
from funders.models.ledger import RAISED
from fundtracker.models import Site

# Distinct givers with a positive sum in the window; the identities of one known funder are one. Whoever gave
# in two currencies counts if either sum is positive. Gifts without any giver cannot be told apart: not counted.
_ACTIVE = (
    "coalesce({0}.starts_on <= stands.value_date, true) AND coalesce({0}.ends_on >= stands.value_date, true)"
)
_SQL = f"""
SELECT count(DISTINCT who) FROM (
    SELECT coalesce('funder ' || g.funder_id, 'giver ' || g.id) AS who
    FROM campaigns_campaign c
    JOIN campaigns_campaign_streams cs ON cs.campaign_id = c.id
    JOIN projects_stream st ON st.id = cs.stream_id
    JOIN funders_entry e ON e.source_id = st.source_id
    JOIN funders_giver g ON g.id = e.giver_id
    LEFT JOIN funders_standing s ON s.entry_id = e.id
    CROSS JOIN LATERAL (
        SELECT coalesce(s.value_date, (e.occurred_at AT TIME ZONE %(zone)s)::date) AS value_date
    ) AS stands
    WHERE c.id = %(campaign)s AND e.part = 'gross' AND coalesce(s.counted_as, e.kind) = ANY(%(raised)s)
        AND (c.counts_earlier OR stands.value_date >= c.starts_on)
        AND stands.value_date <= least(c.ends_on, %(today)s)
        AND {_ACTIVE.format("st")}
        AND (e.designation = st.designation OR st.designation IS NULL AND NOT EXISTS (
            SELECT 1 FROM projects_stream own
            WHERE own.source_id = st.source_id AND own.designation = e.designation AND {_ACTIVE.format("own")}))
        AND (c.purposes = '[]' OR c.purposes ? coalesce(e.purpose, st.purpose))
    GROUP BY who, e.currency HAVING sum(e.amount_minor) > 0
) AS supporters
"""  # noqa: S608 (nothing but a condition written above)


def count(campaign: Campaign, *, today: date) -> int:
    """Distinct givers with a positive sum in the campaign's window."""
    asked: dict[str, Any] = {
        "campaign": campaign.pk,
        "today": today,
        "raised": list(RAISED),
        "zone": Site.current().time_zone,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, asked)
        (supporters,) = cursor.fetchone()
    return int(supporters)


def _clock() -> datetime:
    """The database's, which `synced_at` comes from too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now


def recount(*, today: date) -> int:
    """Count again for every campaign whose sources have synced since; how many campaigns those were."""
    # A file's synced_at is the day of its upload, so the run is asked when it ended.
    newer = Q(supporters_at=None) | Q(supporters_at__lt=F("streams__source__runs__ended_at"))
    outdated = Campaign.objects.filter(newer, streams__source__synced_at__isnull=False).distinct()
    for campaign in outdated:
        began = _clock()  # what syncs while we count is counted again
        Campaign.objects.filter(pk=campaign.pk).update(
            supporters=count(campaign, today=today), supporters_at=began
        )
    return len(outdated)
