"""What a statement or a withdrawal says stays; where it names a person who is erased those words may go, and only they."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("campaigns.migrations.0009_two_persons").FORWARDS
TABLES = {
    "campaigns_statement_stays": "'note', 'evidence', 'evidence_url', 'withdrawn_why', 'refused_why'",
    "campaigns_withdrawal_stays": "'why', 'refused_why'",
}


def functions(*, forwards: bool) -> str:
    """Those of 0009, which decide what else may change; with words that may be blanked before all else."""
    made = ""
    for name, words in TABLES.items():
        body = BEFORE.split(f"FUNCTION {name}()", 1)[1].split("END $$;", 1)[0]
        may_go = f"""
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ARRAY[{words}] = to_jsonb(OLD) - ARRAY[{words}]
        AND NOT EXISTS (SELECT 1 FROM unnest(ARRAY[{words}]) AS word
            WHERE to_jsonb(NEW) ->> word <> to_jsonb(OLD) ->> word AND to_jsonb(NEW) ->> word NOT IN ('', 'erased person'))
    THEN
        RETURN NEW;
    END IF;"""
        made += f"CREATE OR REPLACE FUNCTION {name}()" + (
            body.replace("\nBEGIN", f"\nBEGIN{may_go}", 1) if forwards else body
        ) + "END $$;\n"
    return made


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0015_frozen_counts")]
    operations = [migrations.RunSQL(functions(forwards=True), functions(forwards=False))]
