"""A statement is withdrawn in sight of everyone; it is never changed and never deleted."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION campaigns_statement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL
        AND to_jsonb(NEW) - 'withdrawn_at' - 'withdrawn_why' = to_jsonb(OLD) - 'withdrawn_at' - 'withdrawn_why' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a statement stays as it was made' USING ERRCODE = 'restrict_violation',
        HINT = 'Withdraw it with a reason, or make another.';
END $$;

CREATE TRIGGER statement_stays BEFORE UPDATE OR DELETE ON campaigns_statement
    FOR EACH ROW EXECUTE FUNCTION campaigns_statement_stays();
"""

BACKWARDS = """
DROP TRIGGER statement_stays ON campaigns_statement;
DROP FUNCTION campaigns_statement_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_who_and_what")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
