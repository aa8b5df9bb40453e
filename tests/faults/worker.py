"""One worker process that reads one source and may be killed: python -m tests.faults.worker SLUG [--without-key]."""

import sys

import django


def main(slug: str, *, without_key: bool) -> None:
    django.setup()
    from funders import ledger_sql, standing_sql, sync
    from funders.connectors import opencollective_pages
    from funders.models import Source

    # Small pages: many instants at which to be killed.
    opencollective_pages.LIMIT = 20
    if without_key:
        # The ledger no longer asks whether it knows a record: what the key (source, id, part) is for.
        ledger_sql.DRAFT = ledger_sql.DRAFT.replace(
            "LEFT JOIN known ON known.external_id = n.external_id", "LEFT JOIN known ON false"
        ).replace("last ON last.external_id = n.external_id AND last.part = n.part", "last ON false")
        # Standings, which would stumble over a record that is there twice, are left as they are.
        standing_sql.TOUCH = "SELECT 1"
    sync.sync(Source.objects.get(slug=slug))


if __name__ == "__main__":
    main(sys.argv[1], without_key="--without-key" in sys.argv)
