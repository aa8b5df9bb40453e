"""A budget is typed, pasted or uploaded, mended row by row, seen, and then booked just as it was seen."""

import json
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from projects.models import Cost
from tests import factories
from tests.campaigns.test_views import words
from tests.factories import CostFactory

pytestmark = pytest.mark.django_db
BUDGET = "/staff/projects/castles/needs/budget/"
HEAD = "label,purpose,amount,currency,per\n"
TABLE = f"{HEAD}Hosting,infrastructure,120,GBP,month\nAudit,security,12k,EUR,year\n"


def again(answer, **typed):
    """What the page would send: its own fields and those of its rows."""
    sheet = answer.context["sheet"]
    fields = [*sheet.form, *(field for row in [*sheet.inputs, *sheet.spare] for field in row)]
    shown = {field.html_name: field.value() for field in fields if field.name != "file"}
    return {name: value for name, value in shown.items() if value is not None} | typed


def paste(client, table=TABLE, **typed):
    return client.post(BUDGET, again(client.get(BUDGET), table=table, **typed))


def upload(client, body, **typed):
    file = SimpleUploadedFile("budget.csv", body.encode())
    return client.post(BUDGET, again(client.get(BUDGET), file=file, **typed))


def said():
    return list(Cost.objects.order_by("label", "pk").values_list("label", "amount_minor", "currency", "starts_on", "ends_on"))  # fmt: skip


@pytest.mark.parametrize("give", [paste, upload])
def test_a_table_is_seen_and_then_booked(editor, project, give):
    CostFactory(project=project, label="Hosting", purpose="infrastructure")
    seen = give(editor, TABLE)
    page = words(seen)
    assert "1 new need" in page
    assert "Hosting amount: £100 monthly → £120 monthly 1 January 2027" in page
    assert len(said()) == 1
    booked = editor.post(BUDGET, again(seen, apply="1"), follow=True)
    assert "The budget is entered: 2 needs changed." in words(booked)
    assert said() == [
        ("Audit", 1_200_000, "EUR", date(2027, 1, 1), None),
        ("Hosting", 10_000, "GBP", None, date(2026, 12, 31)),
        ("Hosting", 12_000, "GBP", date(2027, 1, 1), None),
    ]
    assert "Nothing: all of it is entered already." in words(give(editor, TABLE))
    assert "All of this budget is entered already." in words(editor.post(BUDGET, again(seen, apply="1"), follow=True))  # fmt: skip
    assert len(said()) == 3


def test_rows_are_typed_and_those_that_stay_empty_are_none(editor, project):
    row = {"rows-0-label": "Domains", "rows-0-amount": "90", "rows-0-currency": "gbp"}
    seen = editor.post(BUDGET, again(editor.get(BUDGET), **row))
    editor.post(BUDGET, again(seen, apply="1"))
    cost = Cost.objects.get()
    assert (cost.label, cost.amount_minor, cost.frequency, cost.purpose) == (
        "Domains",
        9_000,
        "yearly",
        "maintenance",
    )


BAD = {
    "Hosting,infrastructure,ten,GBP,month": "Line 3, Amount: “ten” is not an amount in GBP: write it like 415,000 or 415k",
    "Hosting,infrastructure,-1,GBP,month": "Line 3, Amount: the amount must be more than 0",
    "Hosting,infrastructure,,GBP,month": "Line 3, Amount: This field is required.",
    ",infrastructure,1,GBP,month": "Line 3, What is needed: This field is required.",
    "Hosting,fun,1,GBP,month": "Line 3, Purpose: Select a valid choice. fun is not one of the available choices.",
    "Hosting,infrastructure,1,GBQ,month": "Line 3, Currency: “GBQ” is not a currency: use a code of ISO 4217, such as EUR",
    "Hosting,infrastructure,1,,month": "Line 3, Currency: This field is required.",
    "Hosting,infrastructure,1,GBP,week": "Line 3, Per: Select a valid choice. week is not one of the available choices.",
    "Hosting,infrastructure,1,000,GBP,month": "Line 3: it has 6 cells, more than there are columns: put a cell with a comma in quotes",
    "Good,infrastructure,1,GBP,month": "Line 3, What is needed: another row speaks of the same need: give each its own name",
}  # fmt: skip


def test_every_bad_row_is_named_by_number_and_column_with_its_remedy(editor, project):
    for line, problem in BAD.items():
        answer = paste(editor, f"{HEAD}Good,infrastructure,1,GBP,month\n{line}\n")
        assert problem in answer.context["sheet"].faults, line
        assert "Enter this budget" not in words(answer)
    assert said() == []


def test_a_bad_row_is_mended_in_place_and_nothing_is_lost(editor, project):
    bad = paste(editor, TABLE.replace("12k", "twelve"))
    [row] = bad.context["sheet"].inputs
    assert (row.title, row["label"].value(), row["amount"].value()) == ("Line 3", "Audit", "twelve")
    assert [one["label"] for one in json.loads(again(bad)["carried"])] == ["Hosting"]
    seen = editor.post(BUDGET, again(bad, **{row.add_prefix("amount"): "12k"}))
    editor.post(BUDGET, again(seen, apply="1"))
    assert [cost[:2] for cost in said()] == [("Audit", 1_200_000), ("Hosting", 12_000)]


def test_a_table_that_cannot_be_read_stays_in_its_field(editor, project):
    answer = paste(editor, "Hosting,100\n", **{"rows-0-label": "Domains"})
    assert "No column is called “label”." in str(answer.context["form"].errors["table"])
    assert answer.context["form"]["table"].value() == "Hosting,100\n"
    assert answer.context["sheet"].inputs[0]["label"].value() == "Domains"


def test_an_empty_budget_says_what_to_do(editor, project):
    answer = editor.post(BUDGET, again(editor.get(BUDGET)))
    assert answer.context["form"].non_field_errors() == ["Type a row, paste a table, or choose a file."]


def test_what_is_no_longer_in_it_ends_only_where_somebody_says_so(editor, project):
    old = CostFactory.create_batch(2, project=project)
    seen = paste(editor)
    assert "Tick those that end on 31 December 2026." in words(seen)
    editor.post(BUDGET, again(seen, apply="1", end=[old[0].pk]))
    assert [Cost.objects.get(pk=cost.pk).ends_on for cost in old] == [date(2026, 12, 31), None]


def test_only_what_was_shown_is_booked(editor, project):
    cost = CostFactory(project=project, label="Hosting", purpose="infrastructure")
    seen = paste(editor)
    Cost.objects.update(amount_minor=11_000)
    answer = editor.post(BUDGET, again(seen, apply="1"))
    assert "Nothing was booked" in words(answer)
    assert "£110 monthly → £120 monthly" in words(answer)
    assert [row[1] for row in said()] == [11_000]
    assert editor.post(BUDGET, again(answer, apply="1")).status_code == 302
    assert Cost.objects.filter(follows=cost).exists()


def test_only_a_treasurer_enters_people(editor, treasurer, project):
    table = "label,amount,currency,person\nAlice,60k,GBP,yes\n"
    answer = paste(editor, table)
    assert answer.context["sheet"].faults == [
        "Line 2, Person: only a treasurer may enter what a person costs: ask one, or take the row out"
    ]
    assert answer.context["sheet"].inputs[0]["pays"].value() == "yes"
    treasurer.post(BUDGET, again(paste(treasurer, table), apply="1"))
    assert Cost.objects.get().is_person is True


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_downloaded_is_uploaded_back_unchanged(treasurer, project, language):
    fields: list[dict[str, Any]] = [
        {"label": "=HYPERLINK(1)", "amount_minor": 123_456_789},
        {"label": "'-quoted", "frequency": "yearly", "currency": "JPY"},
        {"label": 'A "b", c;\td', "frequency": "once", "is_person": True, "ends_on": date(2026, 12, 31)},
        {"label": "Gebäude", "amount_minor": None, "frequency": "other", "in_kind": True, "starts_on": date(2026, 1, 1)},
        {"label": "Twin"}, {"label": "Twin", "amount_minor": 5},
    ]  # fmt: skip
    costs = [CostFactory(project=project, **one) for one in fields]
    CostFactory(project=project, label="Twin", follows=costs[4], starts_on=date(2027, 3, 1))
    CostFactory(project=project, label="Over", ends_on=date(2026, 1, 1))
    before = said()
    treasurer.cookies["django_language"] = language
    file = treasurer.get("/staff/projects/castles/needs/budget.csv").getvalue().decode()
    seen = upload(treasurer, file)
    assert seen.context["sheet"].faults == []
    assert seen.context["plan"].is_done
    assert seen.context["missing"] == []
    treasurer.post(BUDGET, again(seen, apply="1"))
    assert said() == before


def test_after_signing_in_again_what_was_typed_is_back(editor, project):
    sent = again(editor.get(BUDGET), table=TABLE, apply="1")
    editor.logout()
    assert editor.post(BUDGET, sent).status_code == 302
    editor.force_login(factories.UserFactory(role="editor"))
    assert said() == []


@pytest.mark.parametrize("count", [1, 3])
def test_it_asks_the_same_number_of_questions(editor, project, count, django_assert_num_queries):
    CostFactory.create_batch(count, project=project)
    sent = again(
        editor.get(BUDGET), table=HEAD + "".join(f"N{n},security,1,GBP,year\n" for n in range(count))
    )
    with django_assert_num_queries(13):
        editor.post(BUDGET, sent)
