"""What a transaction that has just recorded a file did, read from the ledger's temporary tables; see funders/previews.py."""

from funders.ledger_sql import said
from funders.standing_sql import DAY

# Each row: a word, a currency, records, minor units. A replaced record counts 0 and moves the difference.
SUMS = """
SELECT e.kind, e.currency, sum(1 - 2 * (e.revision %% 2)), sum(e.amount_minor)::bigint
FROM fresh JOIN funders_entry e USING (id) GROUP BY 1, 2 ORDER BY 1, 2
"""

# What is moved, by currency: from one day, kind or designation to another too, as for a correction.
MOVED = f"""
SELECT '', currency, 0,
    greatest(sum(minor) FILTER (WHERE minor > 0), -sum(minor) FILTER (WHERE minor < 0))::bigint
FROM (
    SELECT e.currency, sum(e.amount_minor) AS minor FROM fresh JOIN funders_entry e USING (id)
    GROUP BY e.currency, e.kind, e.designation, e.purpose, {DAY} HAVING sum(e.amount_minor) <> 0
) AS days GROUP BY currency ORDER BY currency
"""

DESIGNATIONS = """
SELECT e.designation, e.currency, sum(1 - 2 * (e.revision %% 2)), sum(e.amount_minor)::bigint
FROM fresh JOIN funders_entry e USING (id) WHERE e.part = 'gross'
GROUP BY 1, 2 ORDER BY abs(sum(e.amount_minor)) DESC, 1, 2 LIMIT %(most)s
"""

WAITING = """
SELECT '', e.currency, count(*), sum(e.amount_minor)::bigint
FROM fresh JOIN expected x ON x.entry_id = fresh.id JOIN funders_entry e ON e.id = fresh.id
WHERE x.counted_as = 'waiting' GROUP BY 2 ORDER BY 2
"""

# Payments that another source reports too. `known`: it goes on counting them. `taken over`: from now on this one does.
TWINS = """
SELECT other.name, e.currency, count(*), sum(e.amount_minor)::bigint
FROM expected x JOIN funders_entry e ON e.id = x.entry_id JOIN funders_entry w ON w.id = x.twin_of_id
JOIN funders_source other ON other.id = {other}.source_id
WHERE x.counted_as = 'twin' AND e.part = 'gross' AND e.source_id <> w.source_id
    AND {here}.source_id = %(source)s AND {here}.id IN (SELECT id FROM fresh)
GROUP BY 1, 2 ORDER BY 1, 2
"""
KNOWN_ELSEWHERE = TWINS.format(here="e", other="w")
TAKEN_OVER = TWINS.format(here="w", other="e")

DAYS = f"SELECT min({DAY}), max({DAY}) FROM draft e WHERE e.part = 'gross'"

# In no order: two files that book the same have the same. What the file says is booked before what corrections say over
# it, and each statement has its instant: the first is the file's.
MARKS = """
SELECT coalesce(sum(hashtextextended(concat_ws(E'\\x1f', e.external_id, e.part, e.revision, e.kind, e.amount_minor,
    e.currency, e.occurred_at, e.designation, e.refunds_external_id), 0)::numeric), 0)::text, min(e.recorded_at)
FROM fresh JOIN funders_entry e USING (id)
"""

# The records of which a file is their source's last word, whatever a correction says over it.
LAST_IDS = f"""
SELECT DISTINCT e.external_id FROM funders_entry e
WHERE e.source_id = %(source)s AND e.recorded_at = %(recorded_at)s AND {said("e")} ORDER BY 1
"""
# What goes with those records: all of them goes, also a fee that an earlier file said. Of each the last revision is asked
# for by its key: see `said`.
LAST_WORDS = """
SELECT e.kind, e.currency, count(*), sum(e.amount_minor)::bigint FROM funders_entry e
WHERE e.source_id = %(source)s AND e.external_id = ANY(%(ids)s) AND e.revision %% 2 = 0 AND e.revision = (
    SELECT n.revision FROM funders_entry n
    WHERE n.source_id = e.source_id AND n.external_id = e.external_id AND n.part = e.part
    ORDER BY n.revision DESC LIMIT 1) GROUP BY 1, 2 ORDER BY 1, 2
"""
