"""The set-based half of funders/ledger.py, in the order in which it runs. Nothing else may use it, but check_ledger.

`live` means: an even revision with no later one. A superseded revision and its reversal count plainly, so that
they are nothing together.
"""

_RECEIPT_COLUMNS = """number, external_id, part, kind, amount_minor, currency, occurred_at, frequency, giver_digest,
    giver_external_id, giver_name, giver_url, giver_kind, show_name, designation, purpose, payment_ref,
    refunds_external_id, seen"""
# What a provider can change about a record; a difference in any of them makes a new revision.
_CONTENT = (
    "kind", "amount_minor", "currency", "occurred_at", "frequency", "giver_id", "show_name",
    "designation", "purpose", "payment_ref", "refunds_external_id",
)  # fmt: skip
_CONTENT_COLUMNS = ", ".join(_CONTENT)
_INCOMING = "('donation', 'membership', 'sponsorship', 'grant', 'in_kind')"
_TAKEN_BACK = "('refund', 'chargeback')"


def _content(alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in _CONTENT)


def _order(alias: str) -> str:
    """Of two versions seen at one instant the later in this order wins: their order of arrival does not matter."""
    rest = ("occurred_at", "kind", "currency", "frequency", "show_name", "designation", "payment_ref")
    columns = ", ".join(f"{alias}.{column}" for column in ("amount_minor", *rest, "refunds_external_id"))
    return f"{columns}, coalesce({alias}.purpose, '')"


def _live(alias: str) -> str:
    return f"""{alias}.revision %% 2 = 0 AND NOT EXISTS (SELECT 1 FROM funders_entry n
        WHERE n.source_id = {alias}.source_id AND n.external_id = {alias}.external_id AND n.part = {alias}.part
        AND n.revision = {alias}.revision + 1)"""


BEGIN = """
SET LOCAL work_mem = '128MB';
DROP TABLE IF EXISTS pg_temp.receipt, pg_temp.draft, pg_temp.fresh, pg_temp.touched, pg_temp.expected, pg_temp.moved;
CREATE TEMPORARY TABLE receipt (
    number bigint, external_id text, part text, kind text, amount_minor bigint, currency text, occurred_at timestamptz,
    frequency text, giver_digest text, giver_external_id text, giver_name text, giver_url text, giver_kind text,
    show_name boolean, designation text, purpose text, payment_ref text, refunds_external_id text, seen timestamptz
) ON COMMIT DROP;
CREATE TEMPORARY TABLE fresh (id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE touched (id bigint PRIMARY KEY) ON COMMIT DROP;
"""

COPY_RECEIPTS = f"COPY pg_temp.receipt ({_RECEIPT_COLUMNS}) FROM STDIN"

_LAST_REVISIONS = """
    SELECT DISTINCT ON (e.external_id, e.part) e.* FROM funders_entry e
    WHERE e.source_id = %(source)s AND e.external_id IN (SELECT external_id FROM receipt)
    ORDER BY e.external_id, e.part, e.revision DESC
"""

# Of several versions of one record in a batch only the newest is booked, with its own fee and tax.
STAGE_NEWEST = f"""
ANALYZE receipt;
DELETE FROM receipt USING (
    SELECT r.number, row_number() OVER (PARTITION BY r.external_id ORDER BY r.seen DESC, ({_order("r")}) DESC) AS place
    FROM receipt r WHERE r.part = 'gross'
) AS version WHERE version.number = receipt.number AND version.place > 1
"""

# A part that a receipt no longer has (a fee given back whole) is staged as zero.
STAGE_LOST_PARTS = f"""
INSERT INTO receipt
SELECT 0, last.external_id, last.part, last.kind, 0, last.currency, last.occurred_at, last.frequency, NULL, NULL, NULL,
    NULL, NULL, last.show_name, last.designation, last.purpose, last.payment_ref, last.refunds_external_id, gross.seen
FROM ({_LAST_REVISIONS}) last JOIN receipt gross ON gross.external_id = last.external_id AND gross.part = 'gross'
WHERE last.part <> 'gross' AND last.revision %% 2 = 0
    AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.external_id = last.external_id AND r.part = last.part)
"""

STAGE_CANCELLED = f"""
INSERT INTO receipt
SELECT 0, e.external_id, e.part, e.kind, 0, e.currency, e.occurred_at, e.frequency, NULL, NULL, NULL, NULL, NULL,
    e.show_name, e.designation, e.purpose, e.payment_ref, e.refunds_external_id, %(seen)s
FROM funders_entry e
WHERE e.source_id = %(source)s AND e.external_id = ANY(%(ids)s) AND {_live("e")}
"""

# An erased giver keeps its digest, and so stays erased.
UPSERT_GIVERS = """
INSERT INTO funders_giver AS g (source_id, digest, external_id, name, url, kind)
SELECT DISTINCT ON (giver_digest) %(source)s, giver_digest, giver_external_id, giver_name, giver_url, giver_kind
FROM receipt WHERE giver_digest IS NOT NULL ORDER BY giver_digest, seen DESC, giver_name DESC
ON CONFLICT (source_id, digest) DO UPDATE
SET name = excluded.name, url = excluded.url, kind = excluded.kind
WHERE g.erased_at IS NULL AND excluded.name <> ''
    AND (g.name, g.url, g.kind) IS DISTINCT FROM (excluded.name, excluded.url, excluded.kind)
"""

# One row a record and part, beside its last revision in the ledger.
DRAFT = f"""
CREATE TEMPORARY TABLE draft ON COMMIT DROP AS
WITH newest AS (
    SELECT r.*, g.id AS giver_id
    FROM receipt r LEFT JOIN funders_giver g ON g.source_id = %(source)s AND g.digest = r.giver_digest
), last AS ({_LAST_REVISIONS})
SELECT n.external_id, n.part, n.seen, {_content("n")}, last.id AS last_id, last.revision AS last_revision,
    CASE
        WHEN last.id IS NULL THEN CASE WHEN n.amount_minor = 0 THEN 'same' ELSE 'new' END
        WHEN n.seen < last.seen THEN 'same'
        WHEN last.revision %% 2 = 1 THEN
            CASE WHEN n.amount_minor = 0 OR n.seen = last.seen THEN 'same' ELSE 'again' END
        WHEN n.seen = last.seen AND ({_order("n")}) <= ({_order("last")}) THEN 'same'
        WHEN n.amount_minor = 0 THEN 'gone'
        WHEN ({_content("n")}) IS DISTINCT FROM ({_content("last")}) THEN 'changed'
        ELSE 'same'
    END AS change
FROM newest n LEFT JOIN last ON last.external_id = n.external_id AND last.part = n.part
"""

INSERT_ENTRIES = f"""
WITH inserted AS (
    INSERT INTO funders_entry (source_id, external_id, part, revision, {_CONTENT_COLUMNS}, seen)
    SELECT %(source)s, external_id, part, CASE change WHEN 'new' THEN 0 WHEN 'again' THEN last_revision + 1
        ELSE last_revision + 2 END, {_CONTENT_COLUMNS}, seen
    FROM draft WHERE change IN ('new', 'again', 'changed')
    UNION ALL
    SELECT e.source_id, e.external_id, e.part, e.revision + 1,
        {_content("e").replace("e.amount_minor", "-e.amount_minor")}, d.seen
    FROM draft d JOIN funders_entry e ON e.id = d.last_id WHERE d.change IN ('changed', 'gone')
    RETURNING id
)
INSERT INTO fresh SELECT id FROM inserted
"""

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
        ON e.source_id = near.source_id AND e.external_id = near.root WHERE e.payment_ref <> '' AND {_live("e")}
), roots AS MATERIALIZED (
    SELECT * FROM near
    UNION SELECT e.source_id, e.external_id FROM funders_entry e
    WHERE e.payment_ref <> '' AND e.payment_ref IN (SELECT payment_ref FROM payments)
        AND e.kind IN {_INCOMING} AND {_live("e")}
)
SELECT e.id FROM roots r JOIN funders_entry e ON e.source_id = r.source_id AND e.external_id = r.root
UNION
SELECT e.id FROM roots r JOIN funders_entry e ON e.source_id = r.source_id AND e.refunds_external_id = r.root
WHERE e.refunds_external_id <> ''
"""
TOUCH = _FAMILIES.format(
    seeds=f"""
    SELECT e.* FROM fresh f JOIN funders_entry e ON e.id = f.id
    WHERE e.revision > 0 OR e.payment_ref <> '' OR e.kind IN {_TAKEN_BACK}
        OR e.giver_id IN (SELECT id FROM funders_giver WHERE digest = ANY(%(aggregators)s))
        OR e.external_id IN (SELECT r.refunds_external_id FROM funders_entry r
            WHERE r.source_id = %(source)s AND r.refunds_external_id <> '')"""
)
TOUCH_SOURCE = _FAMILIES.format(seeds="SELECT e.* FROM funders_entry e WHERE e.source_id = %(source)s")


def expected(scope: str) -> str:
    """Fills `expected` with the standings that the entries of `scope`, a table of ids, must have.

    `scope` must hold whole families (see _FAMILIES); all entries are one too. That is how check_ledger uses it.
    """
    return _EXPECTED.format(scope=scope)


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
    WHERE {_live("e")}
), incoming AS MATERIALIZED (
    SELECT *, CASE WHEN aggregated THEN 'transfer' WHEN counts <> id THEN 'twin' ELSE kind END AS counted_as,
        CASE WHEN NOT aggregated AND counts <> id THEN counts END AS twin_of
    FROM (
        SELECT *, CASE WHEN payment_ref = '' OR aggregated THEN id ELSE first_value(id) OVER (
            PARTITION BY CASE WHEN payment_ref = '' OR aggregated THEN id::text ELSE 'payment ' || payment_ref END
            ORDER BY rank DESC, source_id, external_id) END AS counts
        FROM live WHERE kind IN {_INCOMING}
    ) AS ranked
), taken_back AS (
    SELECT r.id, r.kind, r.day, r.refunds_external_id, o.counted_as AS original, o.day AS original_day, o.twin_of,
        (funders_taken_back(r.kind, r.amount_minor,
            CASE WHEN o.currency = r.currency THEN o.amount_minor ELSE 0 END) OVER (
            PARTITION BY r.source_id, r.refunds_external_id
            ORDER BY r.occurred_at, r.amount_minor, r.external_id ROWS UNBOUNDED PRECEDING))[3] = 1 AS fits
    FROM live r LEFT JOIN incoming o ON o.source_id = r.source_id AND o.external_id = r.refunds_external_id
    WHERE r.kind IN {_TAKEN_BACK} AND r.part = 'gross'
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

_BUCKET = "source_id, designation, value_date, event_date, currency, counted_as, frequency, purpose"

MOVE_DAILY_TOTALS = f"""
WITH moves AS (
    SELECT e.source_id, e.designation, m.value_date, {DAY} AS event_date, e.currency, m.counted_as, e.frequency,
        e.purpose, sum(m.sign * e.amount_minor) AS amount_minor,
        sum(m.sign * (1 - 2 * (e.revision %% 2))) AS entries
    FROM moved m JOIN funders_entry e USING (id)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), upserted AS (
    INSERT INTO funders_dailytotal AS t ({_BUCKET}, amount_minor, entries)
    SELECT {_BUCKET}, amount_minor, entries FROM moves WHERE amount_minor <> 0 OR entries <> 0
    ON CONFLICT (source_id, value_date, counted_as, currency, designation, event_date, frequency, purpose)
    DO UPDATE SET amount_minor = t.amount_minor + excluded.amount_minor, entries = t.entries + excluded.entries
    RETURNING t.id, t.amount_minor, t.entries
)
SELECT array_agg(id) FILTER (WHERE amount_minor = 0 AND entries = 0) FROM upserted
"""

COUNT = """
SELECT count(*) FILTER (WHERE changes @> '{new}' AND gross = 'new'),
    count(*) FILTER (WHERE NOT gross = 'new' AND changes && '{new,again,changed,gone}'),
    count(*) FILTER (WHERE NOT changes && '{new,again,changed,gone}')
FROM (SELECT array_agg(change) AS changes, max(change) FILTER (WHERE part = 'gross') AS gross
      FROM draft GROUP BY external_id) AS records
"""

START_SIGHTING = """
DROP TABLE IF EXISTS pg_temp.sighted;
CREATE TEMPORARY TABLE sighted (external_id text PRIMARY KEY);
"""

SIGHT = "INSERT INTO sighted SELECT DISTINCT external_id FROM receipt ON CONFLICT DO NOTHING"

UNLISTED = f"""
SELECT coalesce(array_agg(e.external_id ORDER BY e.external_id) FILTER (WHERE s.external_id IS NULL), '{{}}'),
    count(*)
FROM funders_entry e LEFT JOIN sighted s ON s.external_id = e.external_id
WHERE e.source_id = %(source)s AND e.part = 'gross' AND {_live("e")}
"""
