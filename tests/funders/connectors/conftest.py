from pathlib import Path
from typing import Any

import pytest

from funders.connectors.base import Receipt
from tests.funders.connectors.uploads import Read, account, receipts


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """A file's content, and the source's settings → its receipts."""

    def read(content: str | bytes, name: str = "gifts.csv", **options: Any) -> list[Receipt]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return receipts(account(path, **options))

    return read
