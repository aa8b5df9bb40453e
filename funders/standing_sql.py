"""The set-based half of funders/ledger.py that says how entries count: standings, and the daily totals they move.

Only ledger.py may use it, and check_ledger, which asks it for the standings that all entries must have.
"""

from funders.ledger_sql import INCOMING, TAKEN_BACK, live

# Only some entries can stand other than plainly, or make another do so: those of a payment that several sources
# may report, refunds and what they take back, aggregators' money, and whatever was revised. With them comes every
# entry of the same record, of what it takes back, of its payment's other reports, and of their refunds.
_FAMILIES = f"""
INSERT INTO touched
WITH seeds AS MATERIALIZED (
    {{seeds}}
), near AS MATERIALIZED (
    SELECT source_id, external_id AS root FROM seeds
    UNION SELECT source_id, refunds_external_id FROM seeds WHERE refunds_external_id <> ''
), payments AS MATERIALIZED (
    SELECT payment_ref FROM seeds WHERE payment_ref <> ''
    UNION SELECT e.payment_ref FROM near JOIN funders_entry e
        ON e.source_id = near.source_id AND e.external_id = near.root WHERE e.payment_ref <> '' AND {live("e")}
), roots AS MATERIALIZED (
    SELECT * FROM near
    UNION SELECT e.source_id, e.external_id FROM funders_entry e
    WHERE e.payment_ref <> '' AND e.payment_ref IN (SELECT payment_ref FROM payments)
        AND e.kind IN {INCOMING} AND {live("e")}
)
SELECT e.id FROM roots r JOIN funders_entry e ON e.source_id = r.source_id AND e.external_id = r.root
UNION
SELECT e.id FROM roots r JOIN funders_entry e ON e.source_id = r.source_id AND e.refunds_external_id = r.root
WHERE e.refunds_external_id <> ''
"""
TOUCH = _FAMILIES.format(
    seeds=f"""
    SELECT e.* FROM fresh f JOIN funders_entry e ON e.id = f.id
    WHERE e.revision > 0 OR e.payment_ref <> '' OR e.kind IN {TAKEN_BACK}
        OR e.giver_id IN (SELECT id FROM funders_giver WHERE digest = ANY(%(aggregators)s))
        OR e.external_id IN (SELECT r.refunds_external_id FROM funders_entry r
            WHERE r.source_id = %(source)s AND r.refunds_external_id <> '')"""
)
TOUCH_SOURCE = _FAMILIES.format(seeds="SELECT e.* FROM funders_entry e WHERE e.source_id = %(source)s")


def expected(scope: str) -> str:
    """Fills `expected` with the standings that the entries of `scope`, a table of ids, must have.

    `scope` must hold whole families (see _FAMILIES); all entries are one too. That is how check_ledger uses it.
    """
    in_order = (
        "(PARTITION BY source_id, refunds_external_id "
        "ORDER BY occurred_at, amount_minor, external_id ROWS UNBOUNDED PRECEDING)"
    )
    return _EXPECTED.format(scope=scope, in_order=in_order)


# The plain day of an entry, in the books' time zone.
DAY = "(e.occurred_at AT TIME ZONE (SELECT time_zone FROM fundtracker_site WHERE id = 1))::date"

_EXPECTED = f"""
CREATE TEMPORARY TABLE expected ON COMMIT DROP AS
WITH live AS MATERIALIZED (
    SELECT e.id, e.source_id, e.external_id, e.part, e.kind, e.amount_minor, e.currency, e.occurred_at,
        e.payment_ref, e.refunds_external_id, {DAY} AS day, s.rank,
        coalesce(g.digest = ANY(%(aggregators)s), false) AS aggregated
    FROM {{scope}} JOIN funders_entry e USING (id) JOIN funders_source s ON s.id = e.source_id
    LEFT JOIN funders_giver g ON g.id = e.giver_id
    WHERE {live("e")}
), incoming AS MATERIALIZED (
    -- Of one payment all records of one source count: its own ids tell them apart. What was only observed gives way.
    SELECT *, CASE WHEN aggregated THEN 'transfer' WHEN loses THEN 'twin' ELSE kind END AS counted_as,
        CASE WHEN loses THEN winner END AS twin_of
    FROM (
        SELECT *, first_value(id) OVER payment AS winner, NOT aggregated AND (source_id, observed)
            IS DISTINCT FROM (first_value(source_id) OVER payment, first_value(observed) OVER payment) AS loses
        FROM (SELECT *, external_id LIKE 'observed:%%' AS observed FROM live WHERE kind IN {INCOMING}) AS gifts
        WINDOW payment AS (
            PARTITION BY CASE WHEN payment_ref = '' OR aggregated THEN id::text ELSE 'payment ' || payment_ref END
            ORDER BY observed, rank DESC, source_id, external_id)
    ) AS ranked
), back AS MATERIALIZED (
    SELECT r.id, r.source_id, r.kind, r.day, r.amount_minor, r.occurred_at, r.external_id, r.refunds_external_id,
        o.counted_as AS original, o.day AS original_day, o.twin_of,
        CASE WHEN o.currency = r.currency THEN o.amount_minor ELSE 0 END AS given
    FROM live r LEFT JOIN incoming o ON o.source_id = r.source_id AND o.external_id = r.refunds_external_id
    WHERE r.kind IN {TAKEN_BACK} AND r.part = 'gross'
), disputed AS MATERIALIZED (
    SELECT *, (funders_taken_back(amount_minor, given) OVER {{in_order}})[2] = 1 AS fits FROM back
    WHERE kind = 'chargeback'
), refunded AS (
    -- What open and lost disputes leave of the gift is what refunds may take back; a won one leaves all of it.
    SELECT *, (funders_taken_back(amount_minor, given + disputes) OVER {{in_order}})[2] = 1 AS fits FROM (
        SELECT back.*, coalesce((SELECT sum(d.amount_minor)::bigint FROM disputed d WHERE d.fits
            AND d.source_id = back.source_id AND d.refunds_external_id = back.refunds_external_id), 0) AS disputes
        FROM back WHERE kind = 'refund'
    ) AS refunds
), taken_back AS (
    SELECT id, kind, day, refunds_external_id, original, original_day, twin_of, fits FROM disputed
    UNION ALL
    SELECT id, kind, day, refunds_external_id, original, original_day, twin_of, fits FROM refunded
)
SELECT id AS entry_id, counted_as, day AS value_date, twin_of AS twin_of_id, '' AS waits_for
FROM incoming WHERE counted_as <> kind
UNION ALL
SELECT id, 'waiting', day, NULL, refunds_external_id FROM taken_back WHERE original IS NULL OR NOT fits
UNION ALL
SELECT id, CASE WHEN original IN ('twin', 'transfer') THEN original ELSE kind END, original_day, twin_of, ''
FROM taken_back WHERE fits AND (original IN ('twin', 'transfer') OR day <> original_day)
UNION ALL
SELECT part.id, 'twin', part.day, gross.twin_of, ''
FROM live part JOIN incoming gross USING (source_id, external_id)
WHERE part.part <> 'gross' AND gross.twin_of IS NOT NULL
"""

# Every entry whose count changes: the fresh ones from nothing, the others from how they stood.
MOVED = f"""
CREATE TEMPORARY TABLE moved ON COMMIT DROP AS
SELECT e.id, new.counted_as, new.value_date, 1 AS sign
FROM fresh JOIN funders_entry e USING (id)
CROSS JOIN LATERAL (SELECT e.kind AS counted_as, {DAY} AS value_date) AS new
UNION ALL
SELECT changed.id, side.counted_as, side.value_date, side.sign
FROM (
    SELECT e.id, coalesce(old.counted_as, e.kind) AS was, coalesce(old.value_date, {DAY}) AS was_on,
        coalesce(new.counted_as, e.kind) AS becomes, coalesce(new.value_date, {DAY}) AS becomes_on
    FROM touched JOIN funders_entry e USING (id)
    LEFT JOIN funders_standing old ON old.entry_id = e.id LEFT JOIN expected new ON new.entry_id = e.id
) AS changed
CROSS JOIN LATERAL (VALUES (was, was_on, -1), (becomes, becomes_on, 1)) AS side(counted_as, value_date, sign)
WHERE (was, was_on) IS DISTINCT FROM (becomes, becomes_on)
"""

DROP_STANDINGS = """
DELETE FROM funders_standing s USING touched t
WHERE s.entry_id = t.id AND NOT EXISTS (SELECT 1 FROM expected x WHERE x.entry_id = s.entry_id)
"""

UPSERT_STANDINGS = """
INSERT INTO funders_standing AS s (entry_id, counted_as, value_date, twin_of_id, waits_for)
SELECT entry_id, counted_as, value_date, twin_of_id, waits_for FROM expected
ON CONFLICT (entry_id) DO UPDATE SET counted_as = excluded.counted_as, value_date = excluded.value_date,
    twin_of_id = excluded.twin_of_id, waits_for = excluded.waits_for
WHERE (s.counted_as, s.value_date, s.twin_of_id, s.waits_for)
    IS DISTINCT FROM (excluded.counted_as, excluded.value_date, excluded.twin_of_id, excluded.waits_for)
"""

# What is left of them by day: a reversal and its replacement on one day are their difference.
LAST_MOVES = """
SELECT e.source_id, e.designation, m.value_date, m.counted_as, e.currency, e.purpose,
    sum(m.sign * e.amount_minor)::bigint
FROM moved m JOIN funders_entry e USING (id)
GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(m.sign * e.amount_minor) <> 0 ORDER BY 3, 1, 2, 4, 5, 6
"""

BUCKET = "source_id, designation, value_date, event_date, currency, counted_as, frequency, purpose"

MOVE_DAILY_TOTALS = f"""
WITH moves AS (
    SELECT e.source_id, e.designation, m.value_date, {DAY} AS event_date, e.currency, m.counted_as, e.frequency,
        e.purpose, sum(m.sign * e.amount_minor) AS amount_minor,
        sum(m.sign * (1 - 2 * (e.revision %% 2))) AS entries
    FROM moved m JOIN funders_entry e USING (id)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), upserted AS (
    INSERT INTO funders_dailytotal AS t ({BUCKET}, amount_minor, entries)
    SELECT {BUCKET}, amount_minor, entries FROM moves WHERE amount_minor <> 0 OR entries <> 0
    ON CONFLICT (source_id, value_date, counted_as, currency, designation, event_date, frequency, purpose)
    DO UPDATE SET amount_minor = t.amount_minor + excluded.amount_minor, entries = t.entries + excluded.entries
    RETURNING t.id, t.amount_minor, t.entries
)
SELECT array_agg(id) FILTER (WHERE amount_minor = 0 AND entries = 0) FROM upserted
"""
