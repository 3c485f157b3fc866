"""Users, sessions, members, and what a key may do."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE users (
            id            text PRIMARY KEY,
            email         text NOT NULL UNIQUE
                          CHECK (email = lower(email) AND email LIKE '_%@_%'
                                 AND length(email) <= 254),
            password      text CHECK (password LIKE '$argon2id$%'),  -- NULL: none set yet
            admin         boolean NOT NULL DEFAULT false,            -- of the whole deployment
            suspended     boolean NOT NULL DEFAULT false,
            created_at    timestamptz NOT NULL DEFAULT now(),
            signed_in_at  timestamptz
        );

        CREATE TABLE memberships (
            account_id  text NOT NULL REFERENCES accounts ON DELETE CASCADE,
            user_id     text NOT NULL REFERENCES users ON DELETE CASCADE,
            role        text NOT NULL CHECK (role IN ('owner', 'member')),
            created_at  timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (account_id, user_id)
        );
        CREATE INDEX memberships_user ON memberships (user_id);

        CREATE TABLE sessions (
            id          text PRIMARY KEY,
            digest      bytea NOT NULL UNIQUE              -- SHA-256 of the cookie's token
                        CHECK (octet_length(digest) = 32),
            user_id     text NOT NULL REFERENCES users ON DELETE CASCADE,
            account_id  text,                              -- the account that is looked at
            address     text NOT NULL CHECK (length(address) <= 100),
            agent       text NOT NULL CHECK (length(agent) <= 300),
            created_at  timestamptz NOT NULL DEFAULT now(),
            used_at     timestamptz NOT NULL DEFAULT now(),  -- to the minute
            expires_at  timestamptz NOT NULL CHECK (expires_at > created_at),
            FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id)
                ON DELETE SET NULL (account_id)
        );
        CREATE INDEX sessions_user ON sessions (user_id);
        CREATE INDEX sessions_account ON sessions (account_id, user_id);

        -- One-time: a row is deleted by whoever uses it. One of each kind at a time.
        CREATE TABLE password_links (
            user_id     text PRIMARY KEY REFERENCES users ON DELETE CASCADE,
            digest      bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
            expires_at  timestamptz NOT NULL
        );
        CREATE TABLE invitations (
            id          text PRIMARY KEY,
            account_id  text NOT NULL REFERENCES accounts ON DELETE CASCADE,
            email       text NOT NULL CHECK (email = lower(email) AND email LIKE '_%@_%'
                                             AND length(email) <= 254),
            role        text NOT NULL CHECK (role IN ('owner', 'member')),
            digest      bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
            created_at  timestamptz NOT NULL DEFAULT now(),
            expires_at  timestamptz NOT NULL,
            UNIQUE (account_id, email)
        );

        -- What keeps passwords from being guessed: tries by e-mail and by address.
        CREATE TABLE sign_in_tries (
            subject  bytea PRIMARY KEY CHECK (octet_length(subject) = 32),
            amount   integer NOT NULL CHECK (amount >= 0),
            ends_at  timestamptz NOT NULL
        );
        CREATE INDEX sign_in_tries_end ON sign_in_tries (ends_at);

        ALTER TABLE accounts
            ADD COLUMN storage_preferred boolean NOT NULL DEFAULT true;
        ALTER TABLE api_keys
            ADD COLUMN label text NOT NULL DEFAULT '' CHECK (length(label) <= 100),
            ADD COLUMN scopes text[] NOT NULL DEFAULT '{}'     -- surfaces; none: all of them
                CHECK (scopes <@ ARRAY['imgen-v2', 'cache-api', 'imageapi-v1', 'imagine',
                                       'account']),
            ADD COLUMN last_used_at timestamptz,               -- to the minute
            ADD COLUMN created_by text REFERENCES users ON DELETE SET NULL;
        CREATE INDEX api_keys_created_by ON api_keys (created_by);
        """
    )
