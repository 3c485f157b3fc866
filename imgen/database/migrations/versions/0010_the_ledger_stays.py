"""The credit ledger is not emptied either."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TRIGGER credit_entries_stay_all BEFORE TRUNCATE ON credit_entries
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
        """
    )
