"""The set-based half of funders/ledger.py that keeps corrected records as their corrections say.

What a provider says of such a record is booked first, as of any other, and what its last correction in force says
over it. So a correction outlives every later word of the provider, and no word of the provider is lost under it. A
provider's taking back is no other content: what it no longer lists at all counts no longer, corrected or not.
"""

from funders.ledger_sql import CONTENT, CONTENT_COLUMNS, content

_ZONE = "(SELECT time_zone FROM fundtracker_site WHERE id = 1)"
# What a correction says; a fee and a tax follow their record's day, designation and purpose.
_SAYS = {
    "kind": "CASE WHEN said.part = 'gross' THEN c.kind ELSE said.kind END",
    "amount_minor": "CASE WHEN said.part = 'gross' THEN c.amount_minor ELSE said.amount_minor END",
    "currency": "CASE WHEN said.part = 'gross' THEN c.currency ELSE said.currency END",
    # An instant of the day that is right already stays.
    "occurred_at": f"""CASE WHEN (said.occurred_at AT TIME ZONE {_ZONE})::date = c.day THEN said.occurred_at
        ELSE c.day::timestamp AT TIME ZONE {_ZONE} END""",
    "designation": "c.designation",
    "purpose": "c.purpose",
}
_OVERLAID = ",\n    ".join(
    f"CASE WHEN c.says = 'changed' THEN {_SAYS[column]} ELSE said.{column} END AS {column}"
    if column in _SAYS
    else f"said.{column}"
    for column in CONTENT
)


def must(scope: str) -> str:
    """Of corrected records each part as it must be, beside its last revision: CTEs that end in `wrong`, the unlike ones.

    `scope` says which corrections `c`.
    """
    return f"""
WITH ruled AS MATERIALIZED (
    SELECT DISTINCT ON (c.source_id, c.external_id) c.* FROM funders_correction c
    WHERE (NOT c.needs_second OR c.agreed_at IS NOT NULL) AND {scope}
    ORDER BY c.source_id, c.external_id, c.id DESC
), revisions AS MATERIALIZED (
    SELECT e.* FROM ruled JOIN funders_entry e USING (source_id, external_id)
), last AS (
    SELECT DISTINCT ON (source_id, external_id, part) * FROM revisions
    ORDER BY source_id, external_id, part, revision DESC
), said AS (
    SELECT DISTINCT ON (source_id, external_id, part) * FROM revisions WHERE correction_id IS NULL
    ORDER BY source_id, external_id, part, revision DESC
), must AS (
    SELECT said.source_id, said.external_id, said.part, said.seen, c.id AS correction_id, c.says,
    c.says <> 'nothing' AND said.revision & 1 = 0 AS counts, {_OVERLAID}
    FROM said JOIN ruled c USING (source_id, external_id)
), wrong AS (
    SELECT must.*, last.id AS last_id, last.revision AS last_revision, last.revision & 1 = 0 AS is_live
    FROM must JOIN last USING (source_id, external_id, part)
    WHERE must.counts <> (last.revision & 1 = 0)
        OR must.counts AND ({content("must")}) IS DISTINCT FROM ({content("last")})
)"""


CORRECT = f"""
{must("c.source_id = %(source)s AND c.external_id IN (SELECT external_id FROM receipt)")},
inserted AS (
    INSERT INTO funders_entry (source_id, external_id, part, revision, {CONTENT_COLUMNS}, seen, correction_id)
    SELECT e.source_id, e.external_id, e.part, e.revision + 1,
        {content("e").replace("e.amount_minor", "-e.amount_minor")}, wrong.seen, wrong.correction_id
    FROM wrong JOIN funders_entry e ON e.id = wrong.last_id WHERE wrong.is_live
    UNION ALL
    -- Restored to what its source says it is the source's word again.
    SELECT source_id, external_id, part, last_revision + CASE WHEN is_live THEN 2 ELSE 1 END,
        {CONTENT_COLUMNS}, seen, CASE WHEN says = 'changed' THEN correction_id END
    FROM wrong WHERE counts
    RETURNING id
)
INSERT INTO fresh SELECT id FROM inserted
"""
