"""A campaign with frozen figures also keeps its target and what counts towards it."""

from django.db import migrations

KEPT = "slug, mode, currency, starts_on, ends_on"
ALL = f"{KEPT}, target_minor, purposes, counts_earlier"


def stays(columns: str, words: str) -> str:
    new, old = (", ".join(f"{row}.{name}" for name in columns.split(", ")) for row in ("NEW", "OLD"))
    return f"""
CREATE OR REPLACE FUNCTION campaigns_frozen_campaign_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ({new}) IS DISTINCT FROM ({old})
        AND EXISTS (SELECT 1 FROM campaigns_frozen f WHERE f.campaign_id = OLD.id) THEN
        RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


BEFORE = stays(KEPT, "a campaign with frozen figures keeps its name in addresses, its currency and its days")
AFTER = stays(ALL, "a campaign with frozen figures keeps its name in addresses, its target, its days and what counts")
STREAMS = """
CREATE FUNCTION campaigns_frozen_counts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM campaigns_frozen f WHERE f.campaign_id IN (OLD.campaign_id, NEW.campaign_id)) THEN
        RAISE EXCEPTION 'a campaign with frozen figures keeps what counts towards it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER counts_frozen_stay BEFORE INSERT OR UPDATE OR DELETE ON campaigns_campaign_streams
    FOR EACH ROW EXECUTE FUNCTION campaigns_frozen_counts_stay();
"""
BACK = "DROP TRIGGER counts_frozen_stay ON campaigns_campaign_streams; DROP FUNCTION campaigns_frozen_counts_stay()"


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0014_history_by_time")]
    operations = [migrations.RunSQL(AFTER, BEFORE), migrations.RunSQL(STREAMS, BACK)]
