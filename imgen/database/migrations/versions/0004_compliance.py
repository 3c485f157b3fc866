"""Verdicts, their audit log, and lists of known hashes."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- What was reviewed and what came of it. No references: the log outlives jobs and accounts.
        CREATE TABLE compliance_reviews (
            id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at               timestamptz NOT NULL DEFAULT now(),
            kind             text NOT NULL,          -- generated, edited, upload, imported
            job_id           text NOT NULL,          -- '' = of no job
            account_id       text NOT NULL,
            state            text NOT NULL,          -- safe, flagged, blocked, failed
            floor            boolean NOT NULL,
            ruleset          text NOT NULL,
            ruleset_version  integer,                -- NULL: no verdict was reached
            findings         jsonb NOT NULL,
            signals          jsonb NOT NULL,
            detectors        text[] NOT NULL,        -- 'name version' of each that ran
            milliseconds     jsonb NOT NULL,         -- detector → time; '' = the whole review
            prompt_digest    bytea,                  -- SHA-256; the prompt itself is not kept
            pdq              text NOT NULL,          -- 64 hex characters; '' = unknown
            failure          text NOT NULL           -- which detector failed and how; '' = none
        );
        CREATE INDEX compliance_reviews_at ON compliance_reviews (at);
        CREATE INDEX compliance_reviews_job ON compliance_reviews (job_id) WHERE job_id <> '';
        CREATE INDEX compliance_reviews_blocked ON compliance_reviews (at) WHERE state = 'blocked';

        -- What operators decided about blocked jobs. The latest decision on a job counts.
        CREATE TABLE compliance_appeals (
            id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at         timestamptz NOT NULL DEFAULT now(),
            job_id     text NOT NULL,
            review_id  bigint NOT NULL,              -- of compliance_reviews; purged by age
            decision   text NOT NULL CHECK (decision IN ('overturned', 'upheld')),
            reason     text NOT NULL CHECK (reason <> ''),
            decided_by text NOT NULL CHECK (decided_by <> '')
        );
        CREATE INDEX compliance_appeals_job ON compliance_appeals (job_id);
        CREATE INDEX compliance_appeals_at ON compliance_appeals (at);

        -- Append-only. Retention alone may delete, and says so within its own transaction.
        CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND current_setting('imgen.retention', true) = 'on' THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'restrict_violation';
        END
        $$;
        CREATE TRIGGER compliance_reviews_append_only BEFORE UPDATE OR DELETE
            ON compliance_reviews FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
        CREATE TRIGGER compliance_reviews_stay BEFORE TRUNCATE
            ON compliance_reviews FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
        CREATE TRIGGER compliance_appeals_append_only BEFORE UPDATE OR DELETE
            ON compliance_appeals FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
        CREATE TRIGGER compliance_appeals_stay BEFORE TRUNCATE
            ON compliance_appeals FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

        -- PDQ hashes of pictures that are known, and what to make of them.
        CREATE TABLE compliance_hash_lists (
            name         text PRIMARY KEY,
            kind         text NOT NULL CHECK (kind IN ('known_bad', 'listed')),
            imported_at  timestamptz NOT NULL DEFAULT now()
        );
        CREATE TABLE compliance_hashes (
            list   text NOT NULL REFERENCES compliance_hash_lists ON DELETE CASCADE,
            hash   bit(256) NOT NULL,
            bands  integer[] NOT NULL,               -- see compliance/hash_lists/bands.py
            PRIMARY KEY (list, hash)
        );
        -- Exact, unlike a search graph: a known hash must not be missed.
        CREATE INDEX compliance_hashes_bands ON compliance_hashes
            USING gin (bands) WITH (fastupdate = off);
        """
    )
