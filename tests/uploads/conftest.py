from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.uploads import files


@pytest.fixture(autouse=True)
def _close_files() -> Iterator[None]:
    yield
    files.close_all()
