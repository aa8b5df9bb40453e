"""The table of the cache that the processes of a machine without Redis share, as Django's DatabaseCache has it."""

from django.db import migrations

FORWARDS = """
CREATE TABLE IF NOT EXISTS fundtracker_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS fundtracker_cache_expires ON fundtracker_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("fundtracker", "0005_history")]
    operations = [migrations.RunSQL(FORWARDS, "DROP TABLE fundtracker_cache")]
