"""Exchange: DESIGN section 3, and PROVIDERS section 11 for the files."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from funders import rates
from funders.models import Rate

FRIDAY, MONDAY = date(2026, 1, 9), date(2026, 1, 12)


def rate(currency, day, per_euro, publisher="ecb"):
    return Rate.objects.create(currency=currency, day=day, per_euro=per_euro, publisher=publisher)


def loaded(*currencies, until=date(2026, 1, 31)):
    return rates.load(currencies, since=date(2026, 1, 1), until=until)


@pytest.mark.django_db
def test_a_weekend_converts_at_fridays_rate_and_never_at_mondays():
    rate("USD", FRIDAY, "1.25")
    rate("USD", MONDAY, "2")
    known = loaded("USD")
    assert known.convert(Decimal(10_000), "USD", "EUR", date(2026, 1, 11)) == Decimal(8_000)
    assert known.is_provisional is False


@pytest.mark.django_db
def test_a_rate_is_at_most_seven_days_old():
    rate("USD", FRIDAY, "1.25")
    assert loaded("USD").convert(Decimal(100), "USD", "EUR", date(2026, 1, 16)) == 80
    assert loaded("USD").convert(Decimal(100), "USD", "EUR", date(2026, 1, 17)) is None
    assert loaded("USD").convert(Decimal(100), "USD", "EUR", date(2026, 1, 8)) is None


@pytest.mark.django_db
def test_a_day_without_a_rate_yet_is_provisional():
    rate("USD", FRIDAY, "1.25")
    known = loaded("USD")
    known.convert(Decimal(100), "USD", "EUR", MONDAY)
    assert known.is_provisional is True


@pytest.mark.django_db
def test_yen_and_pounds_convert_through_the_euro_by_their_own_minor_units():
    rate("JPY", FRIDAY, "160")
    rate("GBP", FRIDAY, "0.8")
    assert loaded("JPY", "GBP").convert(Decimal(1_600), "JPY", "GBP", FRIDAY) == Decimal(800)


@pytest.mark.django_db
def test_sandbox_rates_are_used_only_where_the_site_asks_for_them_and_the_ecb_has_none(settings):
    rate("USD", FRIDAY, "1.25", "sandbox")
    assert loaded("USD").convert(Decimal(100), "USD", "EUR", FRIDAY) is None
    settings.RATES_URL = "http://127.0.0.1:1/eurofxref"
    known = loaded("USD")
    assert known.convert(Decimal(100), "USD", "EUR", FRIDAY) == 80
    assert known.publishers == {"sandbox"}
    rate("USD", FRIDAY, "1")
    known = loaded("USD")
    assert known.convert(Decimal(100), "USD", "EUR", FRIDAY) == 100
    assert known.publishers == {"ecb"}


@pytest.mark.django_db
def test_a_published_rate_is_never_changed():
    rate("USD", FRIDAY, "1.25")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Rate.objects.update(per_euro=2)


@pytest.mark.django_db
def test_the_bundled_history_is_the_ecbs_to_the_end_of_october_2026():
    stored = rates.seed()
    assert stored == Rate.objects.count() > 200_000
    assert Rate.objects.get(currency="USD", day=date(1999, 1, 4)).per_euro == Decimal("1.1789")
    assert Rate.objects.order_by("-day").first().day == date(2026, 10, 30)
    assert rates.seed() == 0


def test_the_daily_file_is_read_as_the_ecb_writes_it():
    body = b"""<?xml version="1.0" encoding="UTF-8"?>
    <gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
        xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube>
    <Cube time='2026-01-09'><Cube currency='USD' rate='1.1'/><Cube currency='JPY' rate='160.5'/></Cube>
    </Cube></gesmes:Envelope>"""
    assert list(rates.parse_daily(body)) == [
        ("USD", FRIDAY, Decimal("1.1")),
        ("JPY", FRIDAY, Decimal("160.5")),
    ]


def test_the_history_file_leaves_out_what_was_not_quoted():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("eurofxref-hist.csv", "Date,USD,RUB,\n2026-01-09,1.1,N/A,\n")
    assert list(rates.parse_history(packed.getvalue())) == [("USD", FRIDAY, Decimal("1.1"))]
