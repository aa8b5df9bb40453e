import pytest

from fundtracker import sheets


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+A1", "-A1", "@SUM(A1)", "|calc", "%0", "\t=1", "\r=1", "\n=1", "\0=1", " =1", "-1+1", "+1|x"],
)
def test_a_formula_is_text(cell):
    assert sheets.safe(cell) == "'" + cell.replace("\0", "")


@pytest.mark.parametrize("cell", ["", "Alice", "-5.00", "+49 171", "1,234.50", "a=b", "2026-04-03", "line 7"])
def test_anything_else_stays_as_it_is(cell):
    assert sheets.safe(cell) == cell
