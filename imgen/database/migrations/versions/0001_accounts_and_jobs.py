"""Accounts, keys and jobs."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.execute(
        """
        CREATE TABLE accounts (
            id          text PRIMARY KEY,
            name        text NOT NULL UNIQUE,
            plan        text,                       -- NULL: no plan, no service
            suspended   boolean NOT NULL DEFAULT false,
            created_at  timestamptz NOT NULL DEFAULT now()
        );

        CREATE TABLE api_keys (
            id          text PRIMARY KEY,
            account_id  text NOT NULL REFERENCES accounts ON DELETE CASCADE,
            hint        text NOT NULL,              -- the first characters, to recognise a key by
            digest      bytea NOT NULL UNIQUE,      -- SHA-256 of the secret; the secret is not kept
            created_at  timestamptz NOT NULL DEFAULT now(),
            expires_at  timestamptz,
            revoked_at  timestamptz
        );
        CREATE INDEX api_keys_account ON api_keys (account_id);

        CREATE TYPE job_state AS ENUM
            ('queued', 'running', 'completed', 'blocked', 'failed', 'cancelled', 'timed_out');

        CREATE TABLE jobs (
            id           text PRIMARY KEY,
            gen_id       text NOT NULL UNIQUE,
            account_id   text NOT NULL REFERENCES accounts ON DELETE CASCADE,
            key_id       text NOT NULL,
            surface      text NOT NULL,
            queue        text NOT NULL,             -- one per model
            request      jsonb NOT NULL,
            state        job_state NOT NULL DEFAULT 'queued',
            turn         integer NOT NULL,          -- fair queueing: see generation/store.py
            queue_entry  bigint,                    -- the queue's own id of the waiting task
            attempt      integer NOT NULL DEFAULT 0,
            step         integer NOT NULL DEFAULT 0,
            steps        integer NOT NULL DEFAULT 0,
            outcome      jsonb,
            created_at   timestamptz NOT NULL DEFAULT now(),
            deadline     timestamptz NOT NULL,
            started_at   timestamptz,
            finished_at  timestamptz
        );
        CREATE INDEX jobs_account ON jobs (account_id, created_at DESC);
        CREATE INDEX jobs_waiting ON jobs (queue, turn) WHERE state = 'queued';
        CREATE INDEX jobs_waiting_of_account ON jobs (account_id, queue, turn)
            WHERE state = 'queued';
        CREATE INDEX jobs_unfinished ON jobs (deadline) WHERE state IN ('queued', 'running');
        """
    )
