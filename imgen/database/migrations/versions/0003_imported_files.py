"""Files that were imported, so that the same command again goes on where it stopped."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE imported_files (
            digest    bytea PRIMARY KEY,       -- of path, size, time of change, and for whom
            image_id  text NOT NULL REFERENCES images ON DELETE CASCADE,
            lookalike boolean NOT NULL         -- left out, since it looks like that picture
        );
        CREATE INDEX imported_files_image ON imported_files (image_id);
        """
    )
