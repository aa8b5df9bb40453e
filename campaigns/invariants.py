"""Invariants 5, 6 and 9: what measure() says is what SQL alone makes of the books, by another road.

measure() sums in Python; here PostgreSQL applies shares, rates and statements itself, straight from the daily totals
(which check 4 holds to the entries). The two may differ by the one rounding at the end: half a minor unit.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from campaigns.models import Campaign
from campaigns.progress import measure
from funders import rates
from funders.invariants import Check, Finding
from funders.models import DailyTotal, Rate
from funders.models.ledger import RAISED
from fundtracker.money import exponent
from projects.models import Stream

_ACTIVE = "coalesce({0}.starts_on <= d.value_date, true) AND coalesce({0}.ends_on >= d.value_date, true)"
_RATE = """
LEFT JOIN LATERAL (
    SELECT CASE WHEN {0} = 'EUR' THEN 1 ELSE (SELECT per_euro FROM funders_rate r WHERE r.currency = {0}
        AND r.day BETWEEN d.value_date - 7 AND d.value_date AND r.publisher = ANY(%(publishers)s)
        ORDER BY r.publisher = 'ecb' DESC, r.day DESC LIMIT 1) END AS per_euro
) AS {1} ON true"""
_SQL = f"""
WITH said AS (
    SELECT DISTINCT ON (s.campaign_id) s.campaign_id, s.as_of, s.amount_minor
    FROM campaigns_statement s JOIN campaigns_campaign c ON c.id = s.campaign_id
    WHERE s.withdrawn_at IS NULL AND (NOT s.needs_second OR s.agreed_at IS NOT NULL)
        AND s.as_of <= least(%(today)s, c.ends_on)
    ORDER BY s.campaign_id, s.as_of DESC, s.recorded_at DESC, s.id DESC
), counted AS (
    SELECT c.id, CASE WHEN d.currency = c.currency THEN 1 ELSE target.per_euro / own.per_euro
            * 10::numeric ^ (e_to.exponent - e_from.exponent) END * d.amount_minor * share.bp / 10000 AS worth
    FROM campaigns_campaign c JOIN funders_dailytotal d ON d.counted_as = ANY(%(raised)s)
        AND d.value_date <= least(%(today)s, c.ends_on) AND (c.counts_earlier OR d.value_date >= c.starts_on)
    LEFT JOIN said s ON s.campaign_id = c.id
    JOIN unnest(%(currencies)s::text[], %(exponents)s::int[]) AS e_from(currency, exponent) ON e_from.currency = d.currency
    JOIN unnest(%(currencies)s::text[], %(exponents)s::int[]) AS e_to(currency, exponent) ON e_to.currency = c.currency
    CROSS JOIN LATERAL (
        SELECT sum(st.share_bp) AS bp FROM projects_stream st
        JOIN campaigns_campaign_streams cs ON cs.stream_id = st.id AND cs.campaign_id = c.id
        WHERE st.source_id = d.source_id AND {_ACTIVE.format("st")}
            AND (c.purposes = '[]' OR c.purposes ? coalesce(d.purpose, st.purpose))
            AND (st.designation = d.designation OR st.designation IS NULL AND NOT EXISTS (
                SELECT 1 FROM projects_stream own WHERE own.source_id = d.source_id
                AND own.designation = d.designation AND {_ACTIVE.format("own")}))
    ) AS share
    {_RATE.format("d.currency", "own")}
    {_RATE.format("c.currency", "target")}
    WHERE s.as_of IS NULL OR d.value_date > s.as_of
        OR (d.counted_as IN ('refund', 'chargeback') AND d.event_date > s.as_of AND d.event_date <= %(today)s)
)
SELECT c.slug, coalesce(s.amount_minor, 0) + coalesce((SELECT sum(worth) FROM counted WHERE counted.id = c.id), 0)
FROM campaigns_campaign c LEFT JOIN said s ON s.campaign_id = c.id
"""

CHECK = Check(
    5, "raised on every page is what the books say: statement, window, shares and rates (5, 6, 9)", "", ""
)

SHARES = Check(
    5,
    "the shares of one sum never exceed 100 % on any day",
    "",
    """
    SELECT a.source_id, a.designation, coalesce(a.starts_on, '-infinity')::text AS day, sum(b.share_bp) AS share_bp
    FROM projects_stream a JOIN projects_stream b ON b.source_id = a.source_id AND b.designation IS NOT DISTINCT FROM a.designation
        AND coalesce(b.starts_on, '-infinity') <= coalesce(a.starts_on, '-infinity')
        AND coalesce(b.ends_on, 'infinity') >= coalesce(a.starts_on, '-infinity')
    GROUP BY a.id HAVING sum(b.share_bp) > 10000 LIMIT 10
    """,
)


def shares() -> Finding:
    """Days on which more than the whole of a sum would reach projects."""
    with connection.cursor() as cursor:
        cursor.execute(SHARES.wrong)
        columns = [column.name for column in cursor.description]
        wrong = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return Finding(SHARES, Stream.objects.count(), wrong)


def raised_by_sql(today: date) -> dict[str, Decimal]:
    """Slug → raised in minor units, exact to PostgreSQL's numeric division."""
    currencies = {*Campaign.objects.values_list("currency", flat=True).distinct()}
    currencies |= {*DailyTotal.objects.values_list("currency", flat=True).distinct()}
    ordered = sorted(currencies)
    asked: dict[str, Any] = {
        "today": today,
        "raised": list(RAISED),
        "publishers": sorted({str(Rate.Publisher.ECB), str(rates.publisher())}),
        "currencies": ordered,
        "exponents": [exponent(currency) for currency in ordered],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, asked)
        return dict(cursor.fetchall())


def finding(today: date) -> Finding:
    """What measure() and SQL make of each campaign, where they differ by more than the one rounding."""
    campaigns = list(Campaign.objects.all())
    by_sql = raised_by_sql(today)
    wrong = [
        {"campaign": slug, "raised": progress.raised, "must_be_minor": by_sql[slug]}
        for progress in measure(campaigns, on=today)
        if progress.raised is not None
        and abs(progress.raised.minor - by_sql[slug := progress.campaign.slug]) > Decimal("0.500001")
    ]
    return Finding(CHECK, len(campaigns), wrong)
