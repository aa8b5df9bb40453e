"""RELIABILITY.md's invariants 1 to 9 in SQL: what `manage.py check_ledger` holds the books to.

Each check names itself, counts what it looked at, and lists the rows that differ (ten at most).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from funders import ledger
from funders.correction_sql import must
from funders.ledger_sql import INCOMING, live
from funders.standing_sql import BUCKET, DAY, expected

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Check:
    """`looked_at` counts rows; `wrong` must find none."""

    number: int
    name: str
    looked_at: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Finding:
    check: Check
    looked_at: int
    wrong: list[dict[str, Any]]


CHECKS = (
    Check(
        1,
        "each record and revision is there once, and a reversal undoes exactly what it reverses",
        "SELECT count(*) FROM funders_entry",
        """
        SELECT source_id, external_id, part, revision, 'stands twice' AS problem FROM funders_entry
        GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
        UNION ALL
        SELECT e.source_id, e.external_id, e.part, e.revision, 'does not undo the revision before it'
        FROM funders_entry e LEFT JOIN funders_entry o ON (o.source_id, o.external_id, o.part, o.revision)
            = (e.source_id, e.external_id, e.part, e.revision - 1)
        WHERE e.revision % 2 = 1 AND (e.kind, e.amount_minor, e.currency, e.occurred_at, e.designation, e.purpose,
            e.frequency) IS DISTINCT FROM
            (o.kind, -o.amount_minor, o.currency, o.occurred_at, o.designation, o.purpose, o.frequency)
        UNION ALL
        SELECT e.source_id, e.external_id, e.part, e.revision, 'replaces nothing'
        FROM funders_entry e WHERE e.revision > 0 AND e.revision % 2 = 0 AND NOT EXISTS (
            SELECT 1 FROM funders_entry o WHERE (o.source_id, o.external_id, o.part, o.revision)
            = (e.source_id, e.external_id, e.part, e.revision - 1))
        """,
    ),
    Check(
        1,
        "the guards in the database are on",
        "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal",
        """
        SELECT wanted.* , 'is missing or switched off' AS problem FROM (VALUES
            ('funders_entry', 'entry_append_only'), ('funders_rate', 'rate_append_only'),
            ('funders_entry', 'entry_taken_back_is_capped'), ('funders_standing', 'standing_taken_back_is_capped'),
            ('fundtracker_site', 'site_keeps_time_zone'), ('projects_stream', 'stream_shares_are_whole'),
            ('campaigns_statement', 'statement_stays'), ('campaigns_withdrawal', 'withdrawal_stays'),
            ('campaigns_evidencefile', 'evidence_stays'), ('campaigns_frozen', 'frozen_append_only'),
            ('campaigns_campaign', 'campaign_frozen_stays'), ('campaigns_campaign_streams', 'counts_frozen_stay')
        ) AS wanted("table", "trigger")
        WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = wanted."table"::regclass
            AND tgname = wanted."trigger" AND tgenabled IN ('O', 'A'))
        """,
    ),
    Check(
        1,
        "each standing, present or absent, is what entries and settings say it must be",
        "SELECT count(*) FROM funders_standing",
        """
        SELECT coalesce(s.entry_id, x.entry_id) AS entry_id, s.counted_as, x.counted_as AS must_be,
            s.value_date, x.value_date AS must_be_on, s.twin_of_id, x.twin_of_id AS must_be_twin_of
        FROM funders_standing s FULL JOIN expected x ON x.entry_id = s.entry_id
        WHERE (s.counted_as, s.value_date, s.twin_of_id, s.waits_for)
            IS DISTINCT FROM (x.counted_as, x.value_date, x.twin_of_id, x.waits_for)
        """,
    ),
    Check(
        1,
        "each corrected record is what its last correction says of it",
        "SELECT count(*) FROM funders_correction",
        f"""
        {must("true")}
        SELECT source_id, external_id, part, correction_id, counts AS must_count, is_live AS counts FROM wrong
        UNION ALL
        SELECT e.source_id, e.external_id, e.part, e.correction_id, NULL, NULL
        FROM funders_entry e JOIN funders_correction c ON c.id = e.correction_id
        WHERE (c.source_id, c.external_id) <> (e.source_id, e.external_id)
        """,
    ),
    Check(
        2,
        "amounts are not zero, have the sign of their kind and a currency code",
        "SELECT count(*) FROM funders_entry",
        f"""
        SELECT id AS entry_id, kind, amount_minor, currency FROM funders_entry
        WHERE amount_minor = 0 OR currency !~ '^[A-Z]{{3}}$'
            OR (kind IN {INCOMING} AND (amount_minor > 0) <> (revision % 2 = 0))
            OR (part <> 'gross' AND kind <> part)
        """,
    ),
    Check(
        3,
        "refunds and chargebacks never exceed their original, and stand on its day in its currency",
        "SELECT count(*) FROM funders_entry WHERE refunds_external_id <> '' AND part = 'gross'",
        f"""
        WITH given AS (
            SELECT source_id, external_id, currency, sum(amount_minor) AS amount_minor,
                max({DAY}) FILTER (WHERE {live("e", escaped=False)}) AS day
            FROM funders_entry e WHERE part = 'gross' AND kind IN {INCOMING} GROUP BY 1, 2, 3
        ), taken AS (
            SELECT e.*, coalesce(s.value_date, {DAY}) AS counts_on, {live("e", escaped=False)} AS is_live
            FROM funders_entry e LEFT JOIN funders_standing s ON s.entry_id = e.id
            WHERE e.kind IN ('refund', 'chargeback') AND e.part = 'gross'
                AND coalesce(s.counted_as, e.kind) <> 'waiting'
        )
        SELECT t.source_id, t.refunds_external_id AS original, t.currency, sum(t.amount_minor) AS taken_back,
            max(g.amount_minor) AS given, max(g.day) AS given_on, max(t.counts_on) FILTER (WHERE is_live) AS counts_on
        FROM taken t LEFT JOIN given g ON (g.source_id, g.external_id, g.currency)
            = (t.source_id, t.refunds_external_id, t.currency)
        GROUP BY 1, 2, 3
        HAVING sum(t.amount_minor) NOT BETWEEN -coalesce(max(g.amount_minor), 0) AND 0
            OR bool_or(is_live AND t.counts_on IS DISTINCT FROM g.day)
        """,
    ),
    Check(
        4,
        "daily totals are the sums of entries as they stand",
        "SELECT count(*) FROM funders_dailytotal",
        f"""
        SELECT coalesce(t.value_date, b.value_date) AS value_date, coalesce(t.source_id, b.source_id) AS source_id,
            coalesce(t.counted_as, b.counted_as) AS counted_as, coalesce(t.currency, b.currency) AS currency,
            t.amount_minor, b.amount_minor AS must_be, t.entries, b.entries AS must_be_entries
        FROM (SELECT {BUCKET}, sum(amount_minor) AS amount_minor, sum(entries) AS entries
            FROM funders_dailytotal GROUP BY {BUCKET}) t
        FULL JOIN buckets b ON (b.source_id, b.value_date, b.event_date, b.counted_as, b.currency, b.designation,
            b.frequency, coalesce(b.purpose, '')) = (t.source_id, t.value_date, t.event_date, t.counted_as,
            t.currency, t.designation, t.frequency, coalesce(t.purpose, ''))
        WHERE (t.amount_minor, t.entries) IS DISTINCT FROM (b.amount_minor, b.entries)
        """,
    ),
    Check(
        6,
        "each day and currency has one rate of each publisher, above zero",
        "SELECT count(*) FROM funders_rate",
        """
        SELECT currency, day, publisher, count(*) AS rates, min(per_euro) AS lowest FROM funders_rate
        GROUP BY 1, 2, 3 HAVING count(*) > 1 OR min(per_euro) <= 0
        """,
    ),
    Check(
        7,
        "what never counts as raised is in no raised total",
        "SELECT count(*) FROM buckets",
        """
        SELECT e.id AS entry_id, e.kind, s.counted_as FROM funders_entry e
        LEFT JOIN funders_standing s ON s.entry_id = e.id
        WHERE e.kind IN ('transfer', 'fee', 'tax', 'in_kind')
            AND coalesce(s.counted_as, e.kind) IN ('donation', 'membership', 'sponsorship', 'grant', 'refund', 'chargeback')
        """,
    ),
    Check(
        8,
        "days add up to months, and months to the years of the entries themselves",
        "SELECT count(DISTINCT value_date) FROM funders_dailytotal",
        """
        SELECT year, counted_as, currency, by_month, by_year FROM (
            SELECT date_trunc('year', month) AS year, counted_as, currency, sum(amount) AS by_month FROM (
                SELECT date_trunc('month', value_date) AS month, counted_as, currency, sum(amount_minor) AS amount
                FROM funders_dailytotal GROUP BY 1, 2, 3) AS months GROUP BY 1, 2, 3
        ) AS months FULL JOIN (
            SELECT date_trunc('year', value_date) AS year, counted_as, currency, sum(amount_minor) AS by_year
            FROM buckets GROUP BY 1, 2, 3
        ) AS years USING (year, counted_as, currency) WHERE by_month IS DISTINCT FROM by_year
        """,
    ),
)

_BUCKETS = f"""
CREATE TEMPORARY TABLE buckets ON COMMIT DROP AS
SELECT e.source_id, e.designation, coalesce(x.value_date, {DAY}) AS value_date, {DAY} AS event_date, e.currency,
    coalesce(x.counted_as, e.kind) AS counted_as, e.frequency, e.purpose, sum(e.amount_minor) AS amount_minor,
    sum(1 - 2 * (e.revision % 2)) AS entries
FROM funders_entry e LEFT JOIN expected x ON x.entry_id = e.id
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(e.amount_minor) <> 0 OR sum(1 - 2 * (e.revision % 2)) <> 0
"""


def findings() -> Iterator[Finding]:
    """Each check in turn, inside the caller's transaction, with the ledger held still; changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ledger.LOCK])
        cursor.execute("DROP TABLE IF EXISTS pg_temp.expected, pg_temp.buckets")
        cursor.execute(expected("(SELECT id FROM funders_entry) AS everything"), ledger.parameters())
        cursor.execute(_BUCKETS)
        for check in CHECKS:
            cursor.execute(check.looked_at)
            (looked_at,) = cursor.fetchone()
            cursor.execute(f"{check.wrong} LIMIT {_SHOWN}")
            columns = [column.name for column in cursor.description]
            wrong = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            yield Finding(check, looked_at, wrong)
