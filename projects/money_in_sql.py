"""The two questions of projects/money_in.py that SQL answers best: sums, and never rows of single givers.

Days are those of the books' time zone, as in the ledger.
"""

from funders.ledger_sql import INCOMING, TAKEN_BACK, live

_PERIOD = "make_interval(months => CASE {} WHEN 'monthly' THEN 1 WHEN 'quarterly' THEN 3 ELSE 12 END)"
_DAY = "(e.occurred_at AT TIME ZONE %(zone)s)::date"
_RAISED = "('donation', 'membership', 'sponsorship', 'grant', 'refund', 'chargeback')"

# Money whose time is another than its own row says: what settled a part of a promise is for that promise's time, and
# what is taken back is for the time of what it takes back. First its key in the daily totals, then the time it is for.
FOR_ANOTHER_TIME = f"""
WITH settled AS MATERIALIZED (
    SELECT DISTINCT ON (x.source_id, x.external_id) x.source_id, x.external_id, c.id AS commitment,
        c.frequency, c.starts_on, c.ends_on, i.due_on
    FROM funders_instalment i JOIN funders_entry x ON x.id = i.settled_by_id
    JOIN funders_commitment c ON c.id = i.commitment_id
    WHERE x.source_id = ANY(%(sources)s) AND x.frequency = 'once'
        AND (c.frequency <> 'once' OR c.starts_on <= c.ends_on)
    ORDER BY x.source_id, x.external_id, i.id
), moved AS (
    SELECT e.id, e.frequency AS meant, settled.commitment
    FROM settled JOIN funders_entry e USING (source_id, external_id) WHERE e.part = 'gross'
    UNION ALL
    SELECT e.id, gift.frequency, settled.commitment
    FROM funders_entry e
    JOIN LATERAL (
        SELECT o.frequency FROM funders_entry o
        WHERE o.source_id = e.source_id AND o.external_id = e.refunds_external_id AND o.part = 'gross'
            AND o.kind IN {INCOMING}
        ORDER BY o.revision DESC LIMIT 1
    ) AS gift ON true
    LEFT JOIN settled ON settled.source_id = e.source_id AND settled.external_id = e.refunds_external_id
    WHERE e.source_id = ANY(%(sources)s) AND e.refunds_external_id <> '' AND e.part = 'gross'
        AND e.kind IN {TAKEN_BACK} AND (gift.frequency <> e.frequency OR settled.commitment IS NOT NULL)
)
SELECT e.source_id, e.designation, e.purpose, e.currency, e.frequency, coalesce(s.value_date, {_DAY}) AS day,
    coalesce(nullif(c.frequency, 'once'), moved.meant) AS meant, i.due_on, c.starts_on, c.ends_on,
    c.id AS commitment, sum(e.amount_minor)::bigint
FROM moved JOIN funders_entry e USING (id) LEFT JOIN funders_standing s ON s.entry_id = e.id
LEFT JOIN funders_commitment c ON c.id = moved.commitment
LEFT JOIN settled i ON i.source_id = e.source_id AND i.commitment = c.id
    AND i.external_id IN (e.external_id, e.refunds_external_id)
WHERE coalesce(s.counted_as, e.kind) IN {_RAISED} AND coalesce(s.value_date, {_DAY}) <= %(on)s
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 HAVING sum(e.amount_minor) <> 0
ORDER BY 1, 6, 2, 3, 4, 5, 7
"""

# What recurs and is signed, by the day until which its giver has paid already. Whoever may be named is, where an end
# is known: that end may be what a fall of coverage comes from.
RECURRING = f"""
SELECT c.source_id, c.designation, c.purpose, c.currency, c.frequency, c.starts_on, c.ends_on,
    greatest(paid.until, settled.until) AS paid_until,
    CASE WHEN named.yes AND c.ends_on IS NOT NULL THEN coalesce(f.name, g.name) ELSE '' END AS who,
    CASE WHEN named.yes AND c.ends_on IS NOT NULL THEN f.id END AS funder, sum(c.amount_minor)::bigint
FROM funders_commitment c
LEFT JOIN funders_membership m ON m.commitment_id = c.id
LEFT JOIN funders_giver g ON g.id = c.giver_id LEFT JOIN funders_funder f ON f.id = g.funder_id
CROSS JOIN LATERAL (
    SELECT coalesce(c.show_name AND g.name <> '' AND (f.id IS NULL OR f.is_public), false) AS yes
) AS named
LEFT JOIN LATERAL (
    SELECT max(({_DAY} + {_PERIOD.format("e.frequency")})::date - 1) AS until FROM funders_entry e
    WHERE e.giver_id = c.giver_id AND e.source_id = c.source_id AND e.designation = c.designation
        AND e.part = 'gross' AND e.kind IN {INCOMING} AND e.frequency <> 'once' AND e.occurred_at >= %(since)s
        AND {live("e")}
) AS paid ON true
LEFT JOIN LATERAL (
    SELECT max((i.due_on + {_PERIOD.format("c.frequency")})::date - 1) AS until FROM funders_instalment i
    WHERE i.commitment_id = c.id AND i.settled_by_id IS NOT NULL
) AS settled ON true
WHERE c.source_id = ANY(%(sources)s) AND c.state = 'active' AND c.certainty = 'committed'
    AND c.frequency <> 'once' AND c.amount_minor > 0 AND (c.ends_on IS NULL OR c.ends_on >= %(month)s)
    AND (m.id IS NULL OR m.state NOT IN ('applied', 'invoiced'))
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
