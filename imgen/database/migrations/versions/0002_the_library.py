"""The library: every picture that may be served again, and how many there are of each kind."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- A picture that is served again has a job of its own, with the first one's gen_id.
        ALTER TABLE jobs DROP CONSTRAINT jobs_gen_id_key;
        CREATE INDEX jobs_gen_id ON jobs (gen_id);

        -- What the invisible mark of a picture says; leads from a stray copy back to its job.
        ALTER TABLE jobs ADD COLUMN payload bigint NOT NULL DEFAULT 0;
        CREATE INDEX jobs_payload ON jobs (payload);

        CREATE TABLE images (
            id                 text PRIMARY KEY,          -- the gen_id of a generated picture
            account_id         text REFERENCES accounts ON DELETE SET NULL,
            shared             boolean NOT NULL,          -- seen by every account
            source             text NOT NULL,             -- generated, imported
            prompt             text NOT NULL,             -- positive text, without @character
            prompt_key         bytea NOT NULL,            -- digest of the normalised prompt
            negatives          text[] NOT NULL,
            caption            text NOT NULL,
            model              text NOT NULL,
            model_version      text NOT NULL,
            style              text NOT NULL,
            character          text NOT NULL,
            character_version  text NOT NULL,
            width              integer NOT NULL,
            height             integer NOT NULL,
            format             text NOT NULL,
            seed               bigint,
            image_key          text NOT NULL,
            thumbnail_key      text NOT NULL,
            fingerprint        text NOT NULL,             -- SHA-256 of the delivered pixels, hex
            pdq                bit(256),
            pdq_quality        integer,
            ruleset            text NOT NULL,
            ruleset_version    text NOT NULL,
            compliance         text NOT NULL,
            served             jsonb,                     -- what a cache hit is answered with
            encoder            text,                      -- whose vectors these are; NULL: none yet
            prompt_vector      halfvec(384),
            caption_vector     halfvec(384),
            withdrawn          text,                      -- why it is no longer served
            created_at         timestamptz NOT NULL DEFAULT now()
        );
        -- In the row itself: fetching each from its own table would cost an exact scan tenfold.
        ALTER TABLE images ALTER COLUMN prompt_vector SET STORAGE PLAIN;
        ALTER TABLE images ALTER COLUMN caption_vector SET STORAGE PLAIN;
        CREATE INDEX images_kind ON images (model, style, character)
            WHERE withdrawn IS NULL;
        CREATE INDEX images_character ON images (character) WHERE withdrawn IS NULL;
        CREATE INDEX images_style ON images (style) WHERE withdrawn IS NULL;
        CREATE INDEX images_account ON images (account_id);
        CREATE INDEX images_repeat ON images (prompt_key, model, style, character)
            WHERE withdrawn IS NULL;
        CREATE INDEX images_fingerprint ON images (fingerprint);
        CREATE INDEX images_unread ON images (created_at) WHERE encoder IS NULL;
        CREATE INDEX images_prompt_vector ON images
            USING hnsw (prompt_vector halfvec_ip_ops) WITH (m = 16, ef_construction = 80);
        CREATE INDEX images_caption_vector ON images
            USING hnsw (caption_vector halfvec_ip_ops) WITH (m = 16, ef_construction = 80);
        CREATE INDEX images_pdq ON images
            USING hnsw (pdq bit_hamming_ops) WITH (m = 16, ef_construction = 80);

        -- How many pictures there are of each kind, for choosing a search plan without counting.
        CREATE TABLE image_counts (
            scope      text NOT NULL,                     -- '' = shared, else an account's id
            model      text NOT NULL,
            style      text NOT NULL,
            character  text NOT NULL,
            amount     bigint NOT NULL,
            PRIMARY KEY (scope, model, style, character)
        );

        -- Statement-level, so that an import of thousands changes each count once.
        CREATE FUNCTION count_images() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO image_counts AS c
                SELECT CASE WHEN shared THEN '' ELSE coalesce(account_id, '') END AS scope,
                       model, style, character, count(*)
                FROM added WHERE withdrawn IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
                ON CONFLICT (scope, model, style, character)
                    DO UPDATE SET amount = c.amount + excluded.amount;
            ELSIF TG_OP = 'DELETE' THEN
                INSERT INTO image_counts AS c
                SELECT CASE WHEN shared THEN '' ELSE coalesce(account_id, '') END AS scope,
                       model, style, character, -count(*)
                FROM removed WHERE withdrawn IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
                ON CONFLICT (scope, model, style, character)
                    DO UPDATE SET amount = c.amount + excluded.amount;
            ELSE
                INSERT INTO image_counts AS c
                SELECT scope, model, style, character, sum(change) FROM (
                    SELECT CASE WHEN shared THEN '' ELSE coalesce(account_id, '') END AS scope,
                           model, style, character, 1 AS change FROM added WHERE withdrawn IS NULL
                    UNION ALL
                    SELECT CASE WHEN shared THEN '' ELSE coalesce(account_id, '') END,
                           model, style, character, -1 FROM removed WHERE withdrawn IS NULL
                ) AS changes GROUP BY 1, 2, 3, 4 HAVING sum(change) <> 0 ORDER BY 1, 2, 3, 4
                ON CONFLICT (scope, model, style, character)
                    DO UPDATE SET amount = c.amount + excluded.amount;
            END IF;
            RETURN NULL;
        END
        $$;
        CREATE TRIGGER images_added AFTER INSERT ON images
            REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION count_images();
        CREATE TRIGGER images_removed AFTER DELETE ON images
            REFERENCING OLD TABLE AS removed
            FOR EACH STATEMENT EXECUTE FUNCTION count_images();
        CREATE TRIGGER images_changed AFTER UPDATE ON images
            REFERENCING NEW TABLE AS added OLD TABLE AS removed
            FOR EACH STATEMENT EXECUTE FUNCTION count_images();
        """
    )
