"""Plans, exact usage counts, and the request log."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for part in (_PLANS, _TABLES, _JOBS, _ADMIT, _FINISH, _COUNT_IMAGES, _GIVE_BACK):
        op.execute(part)


_PLANS = """
    CREATE TABLE plans (
        slug                 text PRIMARY KEY
                             CHECK (slug ~ '^[a-z][a-z0-9-]*$' AND length(slug) <= 40
                                    AND slug <> 'none'),
        name                 text NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 100),
        requests_per_minute  integer CHECK (requests_per_minute > 0),   -- NULL: no limit
        requests_per_day     integer CHECK (requests_per_day > 0),
        requests_per_month   integer CHECK (requests_per_month > 0),
        images_per_month     integer CHECK (images_per_month >= 0),
        concurrency          integer CHECK (concurrency > 0),
        batch_size           integer NOT NULL DEFAULT 1 CHECK (batch_size BETWEEN 1 AND 1000),
        batch_concurrency    integer NOT NULL DEFAULT 1
                             CHECK (batch_concurrency BETWEEN 1 AND 100),
        credits_per_month    integer NOT NULL DEFAULT 0 CHECK (credits_per_month >= 0),
        storage              boolean NOT NULL DEFAULT false,
        storage_bytes        bigint CHECK (storage_bytes > 0),
        models               text[] NOT NULL DEFAULT '{}',              -- none: all of them
        priority             integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100)
    );
    INSERT INTO plans VALUES
        ('free', 'Free', 10, 50, 1500, NULL, 2, 4, 2, 50, false, NULL, '{}', 0),
        ('pro', 'Pro', 60, 2000, 50000, NULL, 8, 16, 4, 2000, true, 10737418240, '{}', 10),
        ('unlimited', 'Unlimited', NULL, NULL, NULL, NULL, NULL, 100, 8, 1000000, true, NULL,
         '{}', 0);
    ALTER TABLE accounts ADD FOREIGN KEY (plan) REFERENCES plans;
    CREATE INDEX accounts_plan ON accounts (plan);
"""

_TABLES = """
    -- One row for each account and month, so that counting a request writes one row. The day and
    -- the minute in it are the latest ones; counts of earlier ones are in the request log.
    CREATE TABLE usage (
        account_id       text NOT NULL REFERENCES accounts ON DELETE CASCADE,
        month            date NOT NULL CHECK (extract(day FROM month) = 1),
        requests         integer NOT NULL DEFAULT 0 CHECK (requests >= 0),
        images           integer NOT NULL DEFAULT 0 CHECK (images >= 0),
        day              date NOT NULL,
        day_requests     integer NOT NULL DEFAULT 0 CHECK (day_requests >= 0),
        day_images       integer NOT NULL DEFAULT 0 CHECK (day_images >= 0),
        minute           timestamptz NOT NULL DEFAULT '-infinity',
        minute_requests  integer NOT NULL DEFAULT 0 CHECK (minute_requests >= 0),
        PRIMARY KEY (account_id, month)
    ) WITH (fillfactor = 50);

    CREATE TABLE requests (
        id            text PRIMARY KEY,
        account_id    text NOT NULL REFERENCES accounts ON DELETE CASCADE,
        key_id        text NOT NULL,
        surface       text NOT NULL,
        operation     text NOT NULL,
        parameters    jsonb NOT NULL,              -- redacted
        counted       boolean NOT NULL,            -- as a request of its minute, day and month
        images        integer NOT NULL DEFAULT 0,  -- counted and not given back
        started_at    timestamptz NOT NULL,
        finished_at   timestamptz,                 -- NULL: under way, or its process died
        status        smallint,                    -- of HTTP
        code          text NOT NULL DEFAULT '',
        error         text NOT NULL DEFAULT '',
        milliseconds  double precision,
        holder        text NOT NULL DEFAULT '',    -- the process
        lease_until   timestamptz NOT NULL         -- a dead process stops renewing it
    );
    CREATE INDEX requests_account ON requests (account_id, started_at DESC, id DESC);
    CREATE INDEX requests_open ON requests (account_id) WHERE finished_at IS NULL;
    CREATE INDEX requests_started ON requests (started_at);

    CREATE TABLE idempotent_replies (
        scope        text NOT NULL,                -- the API key
        key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
        account_id   text NOT NULL REFERENCES accounts ON DELETE CASCADE,
        digest       bytea NOT NULL,               -- of the payload and where it was sent
        request_id   text NOT NULL,                -- of the request that holds or answered it
        begun_by     text NOT NULL,                -- another one, where that died over it
        lease_until  timestamptz NOT NULL,
        status       smallint,                     -- NULL: not answered yet
        headers      jsonb,
        body         bytea,
        expires_at   timestamptz NOT NULL,
        PRIMARY KEY (scope, key)
    );
    ALTER TABLE idempotent_replies ALTER body SET STORAGE EXTERNAL;  -- pictures are compressed
    CREATE INDEX idempotent_replies_end ON idempotent_replies (expires_at);
    CREATE INDEX idempotent_replies_open ON idempotent_replies (request_id)
        WHERE status IS NULL;
    CREATE INDEX idempotent_replies_account ON idempotent_replies (account_id);
"""

_JOBS = """
    ALTER TABLE jobs
        ADD COLUMN request_id text NOT NULL DEFAULT '',
        ADD COLUMN counted boolean NOT NULL DEFAULT false;  -- its image counts
    CREATE INDEX jobs_unfinished_of_account ON jobs (account_id)
        WHERE state IN ('queued', 'running');
    CREATE INDEX jobs_request ON jobs (request_id) WHERE request_id <> '';
"""

_ADMIT = """
    -- Count a request and take its slot, or say which limit forbids it: one at a time for each
    -- account. Nothing here waits for the disk: whatever a request does that lasts is committed
    -- after it, and so never without it.
    CREATE FUNCTION admit_request(
        the_id text, the_account text, the_key text, the_surface text, the_operation text,
        the_parameters jsonb, the_holder text, the_lease double precision,
        OUT refused text, OUT moment timestamptz,
        OUT minute_limit integer, OUT minute_used integer, OUT day_limit integer,
        OUT day_used integer, OUT month_limit integer, OUT month_used integer,
        OUT slot_limit integer, OUT slots_used integer
    ) LANGUAGE plpgsql AS $$
    DECLARE
        latest usage;
        plan plans;
        this_minute timestamptz;
        this_day date;
        this_month date;
    BEGIN
        PERFORM set_config('synchronous_commit', 'off', true);
        PERFORM pg_advisory_xact_lock(1768777582, hashtext(the_account));
        SELECT p.* INTO plan FROM accounts a JOIN plans p ON p.slug = a.plan
            WHERE a.id = the_account AND NOT a.suspended;
        IF NOT FOUND THEN
            refused := 'plan';
            moment := clock_timestamp();
            RETURN;
        END IF;
        SELECT * INTO latest FROM usage WHERE account_id = the_account
            ORDER BY month DESC LIMIT 1;
        slot_limit := plan.concurrency;
        slots_used := 0;
        IF slot_limit IS NOT NULL THEN
            moment := clock_timestamp();
            SELECT count(*) INTO slots_used FROM (
                SELECT id FROM requests
                WHERE account_id = the_account AND finished_at IS NULL AND lease_until > moment
                UNION
                SELECT CASE WHEN request_id = '' THEN id ELSE request_id END FROM jobs
                WHERE account_id = the_account AND state IN ('queued', 'running')
                  AND deadline > moment
            ) AS taken;
        END IF;
        -- Read after the slots were counted: in the log, this call begins when those that gave it
        -- theirs have ended. A clock may be set back.
        moment := greatest(clock_timestamp(), latest.minute);
        this_minute := date_trunc('minute', moment, 'UTC');
        this_day := (moment AT TIME ZONE 'UTC')::date;
        this_month := date_trunc('month', this_day)::date;
        minute_limit := plan.requests_per_minute;
        day_limit := plan.requests_per_day;
        month_limit := plan.requests_per_month;
        month_used := CASE WHEN latest.month = this_month THEN latest.requests ELSE 0 END;
        day_used := CASE WHEN latest.day = this_day AND latest.month = this_month
                         THEN latest.day_requests ELSE 0 END;
        minute_used := CASE WHEN latest.minute = this_minute THEN latest.minute_requests
                            ELSE 0 END;
        refused := CASE WHEN month_used >= month_limit THEN 'month'
                        WHEN day_used >= day_limit THEN 'day'
                        WHEN minute_used >= minute_limit THEN 'minute'
                        WHEN slots_used >= slot_limit THEN 'concurrency' END;
        IF refused IS NOT NULL THEN
            RETURN;
        END IF;
        INSERT INTO usage AS u
            (account_id, month, requests, day, day_requests, minute, minute_requests)
        VALUES (the_account, this_month, 1, this_day, 1, this_minute, 1)
        ON CONFLICT (account_id, month) DO UPDATE SET
            requests = u.requests + 1,
            day = this_day,
            day_requests = CASE WHEN u.day = this_day THEN u.day_requests ELSE 0 END + 1,
            day_images = CASE WHEN u.day = this_day THEN u.day_images ELSE 0 END,
            minute = this_minute,
            minute_requests =
                CASE WHEN u.minute = this_minute THEN u.minute_requests ELSE 0 END + 1;
        INSERT INTO requests (id, account_id, key_id, surface, operation, parameters, counted,
                              started_at, holder, lease_until)
        VALUES (the_id, the_account, the_key, the_surface, the_operation, the_parameters, true,
                moment, the_holder, moment + make_interval(secs => the_lease));
        minute_used := minute_used + 1;
        day_used := day_used + 1;
        month_used := month_used + 1;
        slots_used := slots_used + 1;
    END $$;
"""

_FINISH = """
    -- Close a request. One that was refused before it made a job does not count after all.
    CREATE FUNCTION finish_request(
        the_id text, the_status integer, the_code text, the_error text,
        the_milliseconds double precision, was_refused boolean,
        OUT given_back boolean
    ) LANGUAGE plpgsql AS $$
    DECLARE
        started timestamptz;
        account text;
    BEGIN
        PERFORM set_config('synchronous_commit', 'off', true);
        given_back := was_refused AND NOT EXISTS (
            SELECT FROM jobs WHERE request_id = the_id AND request_id <> '');
        UPDATE requests SET finished_at = clock_timestamp(), status = the_status, code = the_code,
            error = the_error, milliseconds = the_milliseconds, counted = NOT given_back
        WHERE id = the_id AND counted RETURNING started_at, account_id INTO started, account;
        given_back := given_back AND FOUND;
        IF given_back THEN
            UPDATE usage SET requests = requests - 1,
                day_requests = day_requests
                    - (day = (started AT TIME ZONE 'UTC')::date)::integer,
                minute_requests = minute_requests
                    - (minute = date_trunc('minute', started, 'UTC'))::integer
            WHERE account_id = account
              AND month = date_trunc('month', started AT TIME ZONE 'UTC')::date;
        END IF;
    END $$;
"""

_COUNT_IMAGES = """
    -- Count images in the windows in which their request was admitted, unless the plan's are
    -- used up. Inside the transaction that makes the jobs.
    CREATE FUNCTION count_images(
        the_account text, the_request text, how_many integer,
        OUT refused boolean, OUT image_limit integer, OUT moment timestamptz
    ) LANGUAGE plpgsql AS $$
    DECLARE
        this_day date;
        this_month date;
        used integer;
    BEGIN
        SELECT started_at INTO moment FROM requests
            WHERE id = the_request AND account_id = the_account AND counted;
        moment := coalesce(moment, now());  -- also the `created_at` of the jobs
        this_day := (moment AT TIME ZONE 'UTC')::date;
        this_month := date_trunc('month', this_day)::date;
        INSERT INTO usage (account_id, month, day) VALUES (the_account, this_month, this_day)
            ON CONFLICT DO NOTHING;
        SELECT images INTO used FROM usage
            WHERE account_id = the_account AND month = this_month FOR UPDATE;
        SELECT p.images_per_month INTO image_limit
            FROM accounts a JOIN plans p ON p.slug = a.plan WHERE a.id = the_account;
        refused := coalesce(used + how_many > image_limit, false);
        IF refused THEN
            RETURN;
        END IF;
        UPDATE usage SET
            images = images + how_many,
            day_images = CASE WHEN day = this_day THEN day_images + how_many
                              WHEN day < this_day THEN how_many
                              ELSE day_images END,
            day_requests = CASE WHEN day < this_day THEN 0 ELSE day_requests END,
            day = greatest(day, this_day)
        WHERE account_id = the_account AND month = this_month;
        UPDATE requests SET images = images + how_many WHERE id = the_request AND counted;
    END $$;
"""

_GIVE_BACK = """
    -- An image that is not delivered is given back where it was counted. Before the row is
    -- written, so that `counted` says what still counts, and an image is given back once.
    CREATE FUNCTION give_image_back() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE usage SET images = images - 1,
            day_images = day_images - (day = (at.moment AT TIME ZONE 'UTC')::date)::integer
        FROM (SELECT coalesce((SELECT started_at FROM requests WHERE id = NEW.request_id
                                   AND account_id = NEW.account_id AND counted),
                              NEW.created_at) AS moment) AS at
        WHERE account_id = NEW.account_id
          AND month = date_trunc('month', at.moment AT TIME ZONE 'UTC')::date;
        UPDATE requests SET images = images - 1
            WHERE id = NEW.request_id AND account_id = NEW.account_id AND counted;
        NEW.counted := false;
        RETURN NEW;
    END $$;
    CREATE TRIGGER give_image_back BEFORE UPDATE ON jobs FOR EACH ROW
        WHEN (OLD.counted AND NEW.state IN ('blocked', 'failed', 'cancelled', 'timed_out'))
        EXECUTE FUNCTION give_image_back();
"""
