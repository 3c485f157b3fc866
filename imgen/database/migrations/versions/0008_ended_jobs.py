"""Whoever waits for a job hears that it ended; what an account keeps can be added up."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The notice leaves with the commit that ends the job: who hears it finds the outcome there.
    op.execute(
        """
        CREATE FUNCTION imgen_tell_job_ended() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('imgen_job_ended', NEW.id);
            RETURN NULL;
        END $$;

        CREATE TRIGGER jobs_tell_ended AFTER UPDATE OF state ON jobs
            FOR EACH ROW
            WHEN (OLD.state IN ('queued', 'running') AND NEW.state NOT IN ('queued', 'running'))
            EXECUTE FUNCTION imgen_tell_job_ended();
        """
    )
    # What an account keeps is added up from an index alone.
    op.execute(
        """
        ALTER TABLE jobs ADD COLUMN image_bytes bigint
            GENERATED ALWAYS AS ((outcome -> 'image' ->> 'bytes')::bigint) STORED;
        CREATE INDEX jobs_kept ON jobs (account_id) INCLUDE (image_bytes)
            WHERE state = 'completed';
        """
    )
