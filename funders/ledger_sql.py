"""The set-based half of funders/ledger.py that books receipts as entries, in the order in which it runs.

`live` means: an even revision with no later one. A superseded revision and its reversal count plainly, so that
they are nothing together.
"""

_RECEIPT_COLUMNS = """number, asked_at, fee_minor, tax_minor, external_id, part, kind, amount_minor, currency, occurred_at, frequency, giver_digest,
    giver_external_id, giver_name, giver_url, giver_kind, show_name, designation, purpose, payment_ref,
    refunds_external_id, seen"""
# What a provider can change about a record; a difference in any of them makes a new revision.
CONTENT = (
    "kind", "amount_minor", "currency", "occurred_at", "frequency", "giver_id", "show_name",
    "designation", "purpose", "payment_ref", "refunds_external_id",
)  # fmt: skip
CONTENT_COLUMNS = ", ".join(CONTENT)
INCOMING = "('donation', 'membership', 'sponsorship', 'grant', 'in_kind')"
TAKEN_BACK = "('refund', 'chargeback')"


def content(alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in CONTENT)


def _order(alias: str) -> str:
    """Of two versions seen at one instant the later in this order wins, the anonymous one above all.

    So their order of arrival does not matter.
    """
    first = (
        "amount_minor",
        "fee_minor",
        "tax_minor",
        "occurred_at",
        "kind",
        "currency",
        "frequency",
        "designation",
    )
    columns = ", ".join(f"{alias}.{column}" for column in (*first, "payment_ref", "refunds_external_id"))
    return (
        f"NOT {alias}.show_name, {columns}, coalesce({alias}.purpose, ''), coalesce({alias}.giver_digest, '')"
    )


def live(alias: str, *, escaped: bool = True) -> str:
    """Whether an entry is its record's last word; % doubled for statements that take parameters."""
    return f"""{alias}.revision {"%%" if escaped else "%"} 2 = 0 AND NOT EXISTS (SELECT 1 FROM funders_entry n
        WHERE n.source_id = {alias}.source_id AND n.external_id = {alias}.external_id AND n.part = {alias}.part
        AND n.revision = {alias}.revision + 1)"""


def said(alias: str) -> str:
    """Whether an entry is its provider's last word, which a correction may stand over; % doubled.

    Asked of each entry by its own key: as an anti-join the planner takes a freshly filled table for an empty one, and
    compares each of its entries with all others.
    """
    return f"""{alias}.correction_id IS NULL AND {alias}.revision %% 2 = 0 AND {alias}.revision = (
        SELECT n.revision FROM funders_entry n
        WHERE n.source_id = {alias}.source_id AND n.external_id = {alias}.external_id AND n.part = {alias}.part
        AND n.correction_id IS NULL ORDER BY n.revision DESC LIMIT 1)"""


BEGIN = """
SET LOCAL work_mem = '128MB';
DROP TABLE IF EXISTS pg_temp.receipt, pg_temp.draft, pg_temp.fresh, pg_temp.touched, pg_temp.expected, pg_temp.moved;
CREATE TEMPORARY TABLE receipt (
    number bigint, asked_at timestamptz, fee_minor bigint, tax_minor bigint, external_id text, part text, kind text, amount_minor bigint, currency text, occurred_at timestamptz,
    frequency text, giver_digest text, giver_external_id text, giver_name text, giver_url text, giver_kind text,
    show_name boolean, designation text, purpose text, payment_ref text, refunds_external_id text, seen timestamptz
) ON COMMIT DROP;
CREATE TEMPORARY TABLE fresh (id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE touched (id bigint PRIMARY KEY) ON COMMIT DROP;
"""

# Sooner than PostgreSQL looks for a deadlock (after 1 s), so that never a writer is its victim.
GIVE_WAY = "SET LOCAL lock_timeout = '500ms'"

COPY_RECEIPTS = f"COPY pg_temp.receipt ({_RECEIPT_COLUMNS}) FROM STDIN"

# The provider's own: what a correction made of them it never said. Sorted behind them and not left out, for a table
# without statistics makes the planner take almost every entry for a correction's, and loop over the few it expects.
_LAST_REVISIONS = """
    SELECT DISTINCT ON (e.external_id, e.part) e.* FROM funders_entry e
    WHERE e.source_id = %(source)s AND e.external_id IN (SELECT external_id FROM receipt)
    ORDER BY e.external_id, e.part, e.correction_id IS NOT NULL, e.revision DESC
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
SELECT 0, gross.asked_at, 0, 0, last.external_id, last.part, last.kind, 0, last.currency, last.occurred_at, last.frequency, NULL, NULL, NULL,
    NULL, NULL, last.show_name, last.designation, last.purpose, last.payment_ref, last.refunds_external_id, gross.seen
FROM ({_LAST_REVISIONS}) last JOIN receipt gross ON gross.external_id = last.external_id AND gross.part = 'gross'
WHERE last.part <> 'gross' AND last.revision %% 2 = 0
    AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.external_id = last.external_id AND r.part = last.part)
"""

STAGE_CANCELLED = f"""
INSERT INTO receipt
SELECT 0, %(seen)s, 0, 0, e.external_id, e.part, e.kind, 0, e.currency, e.occurred_at, e.frequency, NULL, NULL, NULL, NULL, NULL,
    e.show_name, e.designation, e.purpose, e.payment_ref, e.refunds_external_id, %(seen)s
FROM funders_entry e
WHERE e.source_id = %(source)s AND e.external_id = ANY(%(ids)s) AND {said("e")}
"""

# An erased giver keeps its digest, and so stays erased; an older page never renames.
UPSERT_GIVERS = """
INSERT INTO funders_giver AS g (source_id, digest, external_id, name, url, kind, named_at)
SELECT DISTINCT ON (giver_digest) %(source)s, giver_digest, giver_external_id, giver_name, giver_url, giver_kind, seen
FROM receipt WHERE giver_digest IS NOT NULL ORDER BY giver_digest, seen DESC, giver_name DESC
ON CONFLICT (source_id, digest) DO UPDATE
SET name = excluded.name, url = excluded.url, kind = excluded.kind, named_at = excluded.named_at
WHERE g.erased_at IS NULL AND excluded.name <> ''
    AND (g.named_at IS NULL OR (g.named_at, g.name) < (excluded.named_at, excluded.name))
    AND (g.name, g.url, g.kind) IS DISTINCT FROM (excluded.name, excluded.url, excluded.kind)
"""

# One row a record and part, beside its last revision. Which version of a record is the newer is decided once, from
# all of its parts: a stale page never brings back a fee. One that two whole runs no longer listed may be listed again.
DRAFT = f"""
CREATE TEMPORARY TABLE draft ON COMMIT DROP AS
WITH newest AS (
    SELECT r.*, g.id AS giver_id
    FROM receipt r LEFT JOIN funders_giver g ON g.source_id = %(source)s AND g.digest = r.giver_digest
), last AS MATERIALIZED ({_LAST_REVISIONS}), parts AS (
    SELECT external_id, max(seen) AS seen,
        coalesce(sum(amount_minor) FILTER (WHERE part = 'fee' AND revision %% 2 = 0), 0) AS fee_minor,
        coalesce(sum(amount_minor) FILTER (WHERE part = 'tax' AND revision %% 2 = 0), 0) AS tax_minor
    FROM last GROUP BY external_id
), known AS (
    SELECT gross.*, parts.seen AS record_seen, parts.fee_minor, parts.tax_minor, g.digest AS giver_digest
    FROM last gross JOIN parts USING (external_id) LEFT JOIN funders_giver g ON g.id = gross.giver_id
    WHERE gross.part = 'gross'
), verdict AS (
    SELECT n.external_id, CASE
        WHEN known.id IS NULL THEN 'new'
        WHEN known.revision %% 2 = 1 AND greatest(n.seen, n.asked_at) > known.record_seen THEN 'again'
        WHEN known.revision %% 2 = 1 OR n.seen < known.record_seen THEN 'stale'
        WHEN n.seen = known.record_seen AND n.number <> 0 AND ({_order("n")}) <= ({_order("known")}) THEN 'stale'
        ELSE 'newer' END AS record
    FROM newest n LEFT JOIN known ON known.external_id = n.external_id WHERE n.part = 'gross'
)
SELECT n.external_id, n.part, n.seen, {content("n")}, last.id AS last_id, last.revision AS last_revision,
    CASE
        WHEN v.record = 'stale' THEN 'same'
        WHEN last.id IS NULL THEN CASE WHEN n.amount_minor = 0 THEN 'same' ELSE 'new' END
        WHEN last.revision %% 2 = 1 THEN CASE WHEN n.amount_minor = 0 THEN 'same' ELSE 'again' END
        WHEN n.amount_minor = 0 THEN 'gone'
        WHEN ({content("n")}) IS DISTINCT FROM ({content("last")}) THEN 'changed'
        ELSE 'same'
    END AS change
FROM newest n JOIN verdict v ON v.external_id = n.external_id
LEFT JOIN last ON last.external_id = n.external_id AND last.part = n.part
"""

# Over the last revision, whoever made it: a correction's is taken back here, and made again by CORRECT.
INSERT_ENTRIES = f"""
WITH said AS (
    SELECT d.*, last.id AS over_id, last.revision AS over, last.correction_id
    FROM draft d LEFT JOIN LATERAL (
        SELECT e.id, e.revision, e.correction_id FROM funders_entry e
        WHERE d.change <> 'new' AND e.source_id = %(source)s AND e.external_id = d.external_id AND e.part = d.part
        ORDER BY e.revision DESC LIMIT 1
    ) AS last ON true
    WHERE d.change <> 'same'
), inserted AS (
    INSERT INTO funders_entry (source_id, external_id, part, revision, {CONTENT_COLUMNS}, seen, correction_id)
    SELECT %(source)s, external_id, part, coalesce(over + 2 - over %% 2, 0), {CONTENT_COLUMNS}, seen, NULL::bigint
    FROM said WHERE change <> 'gone'
    UNION ALL
    SELECT e.source_id, e.external_id, e.part, e.revision + 1,
        {content("e").replace("e.amount_minor", "-e.amount_minor")}, said.seen, NULL
    FROM said JOIN funders_entry e ON e.id = said.over_id WHERE said.over %% 2 = 0
    UNION ALL
    -- What a correction took back already is made again, so that its provider can take it back.
    SELECT e.source_id, e.external_id, e.part, said.over + step.n,
        {content("e").replace("e.amount_minor", "e.amount_minor * step.sign")}, said.seen, step.correction_id
    FROM said JOIN funders_entry e ON e.id = said.last_id
    CROSS JOIN LATERAL (VALUES (1, 1, said.correction_id), (2, -1, NULL)) AS step(n, sign, correction_id)
    WHERE said.change = 'gone' AND said.over %% 2 = 1
    RETURNING id
)
INSERT INTO fresh SELECT id FROM inserted
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

# What was observed of a total is no record of the provider's, so that none is ever listed.
UNLISTED = f"""
SELECT coalesce(array_agg(e.external_id ORDER BY e.external_id) FILTER (WHERE s.external_id IS NULL), '{{}}'),
    count(*)
FROM funders_entry e LEFT JOIN sighted s ON s.external_id = e.external_id
WHERE e.source_id = %(source)s AND e.part = 'gross' AND {said("e")}
    AND NOT starts_with(e.external_id, 'observed:')
"""
