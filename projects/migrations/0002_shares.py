"""The shares of one sum never exceed 100 % on any day."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION projects_check_shares() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    worst date;
    percent numeric;
BEGIN
    -- One source's shares are changed by one transaction at a time: two would not see each other's.
    PERFORM pg_advisory_xact_lock(hashtextextended('projects_stream.share_bp', NEW.source_id));
    -- The sum of shares can only rise on a day on which a stream starts.
    SELECT day, total / 100.0 INTO worst, percent FROM (
        SELECT coalesce(a.starts_on, '-infinity'::date) AS day,
            (SELECT sum(b.share_bp) FROM projects_stream b
             WHERE b.source_id = NEW.source_id AND b.designation IS NOT DISTINCT FROM NEW.designation
                AND coalesce(b.starts_on, '-infinity'::date) <= coalesce(a.starts_on, '-infinity'::date)
                AND coalesce(b.ends_on, 'infinity'::date) >= coalesce(a.starts_on, '-infinity'::date)) AS total
        FROM projects_stream a
        WHERE a.source_id = NEW.source_id AND a.designation IS NOT DISTINCT FROM NEW.designation
    ) AS days WHERE total > 10000 ORDER BY total DESC LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the shares of one sum add up to % percent from %', percent, worst
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER stream_shares_are_whole AFTER INSERT OR UPDATE ON projects_stream
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION projects_check_shares();
"""

BACKWARDS = """
DROP TRIGGER stream_shares_are_whole ON projects_stream;
DROP FUNCTION projects_check_shares();
"""


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
