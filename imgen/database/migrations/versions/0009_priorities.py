"""Priorities of jobs, pictures that wait for another judgement, and what workers run."""

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

        CREATE TABLE offered_models (
            worker  text NOT NULL,
            model   text NOT NULL,
            until   timestamptz NOT NULL,    -- it says so again before then, while it lives
            PRIMARY KEY (worker, model)
        );
        """
    )
