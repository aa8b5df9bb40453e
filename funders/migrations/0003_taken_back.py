"""Refunds and chargebacks never exceed what was given: a running cap, and a guard that holds whoever writes."""

from django.db import migrations

FORWARDS = """
-- State: what was taken back so far, and whether the latest one counts. One that does not fit is passed over.
CREATE FUNCTION funders_take_back(state bigint[], amount bigint, given bigint) RETURNS bigint[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN state[1] + amount BETWEEN -given AND 0 THEN ARRAY[state[1] + amount, 1]
        ELSE ARRAY[state[1], 0] END
$$;
CREATE AGGREGATE funders_taken_back(bigint, bigint) (
    SFUNC = funders_take_back, STYPE = bigint[], INITCOND = '{0,0}'
);

-- Superseded revisions and their reversals add up to zero, so plain sums over all revisions are the live amounts.
CREATE FUNCTION funders_check_taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e funders_entry;
    original text;
    given bigint;
    taken bigint;
BEGIN
    IF TG_TABLE_NAME = 'funders_entry' THEN
        e := NEW;
    ELSE
        SELECT * INTO e FROM funders_entry
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.entry_id ELSE NEW.entry_id END;
    END IF;
    original := CASE WHEN e.kind IN ('refund', 'chargeback') THEN e.refunds_external_id ELSE e.external_id END;
    SELECT coalesce(sum(amount_minor), 0) INTO given FROM funders_entry
    WHERE source_id = e.source_id AND external_id = original AND part = 'gross'
        AND kind IN ('donation', 'membership', 'sponsorship', 'grant', 'in_kind');
    SELECT coalesce(sum(r.amount_minor), 0) INTO taken
    FROM funders_entry r LEFT JOIN funders_standing s ON s.entry_id = r.id
    WHERE r.source_id = e.source_id AND r.refunds_external_id = original AND r.refunds_external_id <> '' AND r.part = 'gross'
        AND r.kind IN ('refund', 'chargeback') AND coalesce(s.counted_as, '') <> 'waiting';
    IF taken > 0 OR taken < -given THEN
        RAISE EXCEPTION 'refunds of % add up to %, but % was given', original, taken, given
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entry_taken_back_is_capped AFTER INSERT ON funders_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.kind IN ('refund', 'chargeback') OR NEW.revision > 0)
    EXECUTE FUNCTION funders_check_taken_back();
CREATE CONSTRAINT TRIGGER standing_taken_back_is_capped AFTER INSERT OR UPDATE OR DELETE ON funders_standing
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION funders_check_taken_back();
"""

BACKWARDS = """
DROP TRIGGER standing_taken_back_is_capped ON funders_standing;
DROP TRIGGER entry_taken_back_is_capped ON funders_entry;
DROP FUNCTION funders_check_taken_back();
DROP AGGREGATE funders_taken_back(bigint, bigint);
DROP FUNCTION funders_take_back(bigint[], bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("funders", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
