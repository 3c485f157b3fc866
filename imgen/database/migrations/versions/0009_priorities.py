"""Jobs of some plans go first; pictures that wait for another judgement are found quickly."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- Of the account's plan, when the job was submitted; higher ones first.
        ALTER TABLE jobs ADD COLUMN priority integer NOT NULL DEFAULT 0;
        CREATE INDEX images_withdrawn ON images (withdrawn) WHERE withdrawn IS NOT NULL;
        """
    )
