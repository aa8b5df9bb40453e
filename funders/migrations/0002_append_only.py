"""What the database itself refuses: a changed entry or rate, and moving the books' time zone under the ledger."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION funders_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Record a new version instead: the old one stays.';
END $$;

CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON funders_entry
    FOR EACH STATEMENT EXECUTE FUNCTION funders_refuse_change();
CREATE TRIGGER rate_append_only BEFORE UPDATE OR DELETE ON funders_rate
    FOR EACH STATEMENT EXECUTE FUNCTION funders_refuse_change();

CREATE FUNCTION funders_keep_time_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM funders_entry) THEN
        RAISE EXCEPTION 'the books'' time zone is fixed: the ledger already has entries, and their days would move'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER site_keeps_time_zone BEFORE UPDATE ON fundtracker_site
    FOR EACH ROW WHEN (OLD.time_zone <> NEW.time_zone) EXECUTE FUNCTION funders_keep_time_zone();
"""

BACKWARDS = """
DROP TRIGGER site_keeps_time_zone ON fundtracker_site;
DROP FUNCTION funders_keep_time_zone();
DROP TRIGGER rate_append_only ON funders_rate;
DROP TRIGGER entry_append_only ON funders_entry;
DROP FUNCTION funders_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("funders", "0001_initial"), ("fundtracker", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
