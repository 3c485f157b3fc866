"""An empty audit log."""

from __future__ import annotations

import psycopg
import pytest


@pytest.fixture
def clean_url(clean_url: str) -> str:
    """The audit log refuses to be emptied by anything but retention; so this is retention."""
    with psycopg.connect(clean_url) as connection:
        connection.execute("SET LOCAL imgen.retention = 'on'")
        connection.execute("DELETE FROM compliance_reviews")
        connection.execute("DELETE FROM compliance_appeals")
    return clean_url
