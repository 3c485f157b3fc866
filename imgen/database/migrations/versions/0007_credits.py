"""The credit ledger."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for part in (_TABLES, _LEDGER, _REFRESH, _RESERVE, _CLOSE):
        op.execute(part)


_TABLES = """
    ALTER TABLE jobs ADD COLUMN price integer NOT NULL DEFAULT 0 CHECK (price >= 0);

    -- What the entries of an account add up to. Written by the ledger's trigger alone.
    CREATE TABLE credit_balances (
        account_id  text PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
        month       date NOT NULL CHECK (extract(day FROM month) = 1),  -- UTC, of the monthly ones
        granted     bigint NOT NULL DEFAULT 0 CHECK (granted >= 0),     -- by the plan, this month
        monthly     bigint NOT NULL DEFAULT 0 CHECK (monthly >= 0),     -- lapse with the month
        lasting     bigint NOT NULL DEFAULT 0 CHECK (lasting >= 0),     -- stay until spent
        held        bigint NOT NULL DEFAULT 0 CHECK (held >= 0)         -- for unfinished jobs
    ) WITH (fillfactor = 50);

    CREATE TABLE credit_entries (
        id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account_id  text NOT NULL REFERENCES credit_balances,
        kind        text NOT NULL,
        monthly     bigint NOT NULL DEFAULT 0,      -- changes of the three
        lasting     bigint NOT NULL DEFAULT 0,
        held        bigint NOT NULL DEFAULT 0,
        available   bigint NOT NULL,                -- monthly and lasting ones, after this entry
        month       date NOT NULL,                  -- that its monthly credits are of
        job_id      text,
        reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 300),
        created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
        CHECK ((job_id IS NOT NULL) = (kind IN ('reserve', 'settle', 'release'))),
        CHECK (CASE kind
            WHEN 'month'   THEN monthly > 0 AND lasting = 0 AND held = 0
            WHEN 'upgrade' THEN monthly > 0 AND lasting = 0 AND held = 0
            WHEN 'lapse'   THEN monthly < 0 AND lasting = 0 AND held = 0
            WHEN 'grant'   THEN monthly = 0 AND lasting > 0 AND held = 0
            WHEN 'take'    THEN monthly = 0 AND lasting < 0 AND held = 0
            WHEN 'reserve' THEN monthly <= 0 AND lasting <= 0 AND held = -(monthly + lasting)
                                AND held > 0
            WHEN 'settle'  THEN monthly = 0 AND lasting = 0 AND held < 0
            WHEN 'release' THEN monthly >= 0 AND lasting >= 0 AND monthly + lasting <= -held
                                AND held < 0
            ELSE false END)
    );
    CREATE INDEX credit_entries_account ON credit_entries (account_id, id DESC);
    CREATE UNIQUE INDEX credit_entries_month ON credit_entries (account_id, month)
        WHERE kind = 'month';
    CREATE UNIQUE INDEX credit_entries_reserve ON credit_entries (job_id) WHERE kind = 'reserve';
    CREATE UNIQUE INDEX credit_entries_end ON credit_entries (job_id)
        WHERE kind IN ('settle', 'release');
"""

_LEDGER = """
    -- An entry changes the balance with it, or neither is written: a balance below zero, or no
    -- balance to change, is an error.
    CREATE FUNCTION apply_credit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE credit_balances SET monthly = monthly + NEW.monthly,
            lasting = lasting + NEW.lasting, held = held + NEW.held
        WHERE account_id = NEW.account_id RETURNING monthly + lasting INTO NEW.available;
        RETURN NEW;
    END $$;
    CREATE TRIGGER apply_credit_entry BEFORE INSERT ON credit_entries
        FOR EACH ROW EXECUTE FUNCTION apply_credit_entry();

    CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'The credit ledger is append-only' USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER credit_entries_stay BEFORE UPDATE OR DELETE ON credit_entries
        FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
"""

_REFRESH = """
    -- Lock an account's balance and bring it to the month of that moment: what is left of an
    -- earlier month lapses, and the plan's credits are granted, once. A plan that grants more
    -- than the month has brought so far adds the difference at once.
    CREATE FUNCTION refresh_credits(the_account text, the_moment timestamptz)
    RETURNS credit_balances LANGUAGE plpgsql AS $$
    DECLARE
        this_month date := date_trunc('month', the_moment AT TIME ZONE 'UTC')::date;
        balance credit_balances;
        due bigint;
        plan text;
    BEGIN
        INSERT INTO credit_balances (account_id, month) VALUES (the_account, this_month)
            ON CONFLICT DO NOTHING;
        SELECT * INTO balance FROM credit_balances WHERE account_id = the_account FOR UPDATE;
        IF balance.month < this_month THEN
            IF balance.monthly > 0 THEN
                INSERT INTO credit_entries (account_id, kind, monthly, month, reason)
                VALUES (the_account, 'lapse', -balance.monthly, balance.month,
                        'left over from ' || to_char(balance.month, 'YYYY-MM'));
            END IF;
            UPDATE credit_balances SET month = this_month, granted = 0
                WHERE account_id = the_account RETURNING * INTO balance;
        END IF;
        SELECT p.credits_per_month, p.slug INTO due, plan
            FROM accounts a JOIN plans p ON p.slug = a.plan WHERE a.id = the_account;
        IF due > balance.granted THEN
            INSERT INTO credit_entries (account_id, kind, monthly, month, reason)
            VALUES (the_account, CASE balance.granted WHEN 0 THEN 'month' ELSE 'upgrade' END,
                    due - balance.granted, balance.month, 'plan ' || plan);
            UPDATE credit_balances SET granted = due
                WHERE account_id = the_account RETURNING * INTO balance;
        END IF;
        RETURN balance;
    END $$;
"""

_RESERVE = """
    -- Set credits aside for a job, those of the month first; only once for each job. With too few
    -- left nothing is set aside.
    CREATE FUNCTION reserve_credits(
        the_account text, the_job text, amount bigint, what text, the_moment timestamptz,
        OUT reserved boolean, OUT balance credit_balances
    ) LANGUAGE plpgsql AS $$
    DECLARE
        from_month bigint;
    BEGIN
        balance := refresh_credits(the_account, the_moment);
        reserved := amount = 0 OR EXISTS (
            SELECT FROM credit_entries WHERE job_id = the_job AND kind = 'reserve'
                AND account_id = the_account AND held = amount
        );
        IF reserved OR amount > balance.monthly + balance.lasting THEN
            RETURN;
        END IF;
        from_month := least(amount, balance.monthly);
        INSERT INTO credit_entries (account_id, kind, monthly, lasting, held, month, job_id, reason)
        VALUES (the_account, 'reserve', -from_month, from_month - amount, amount, balance.month,
                the_job, left(what, 280));
        SELECT * INTO balance FROM credit_balances WHERE account_id = the_account;
        reserved := true;
    END $$;
"""

_CLOSE = """
    -- A job that ends settles what was set aside for it, or gives it back. Credits of a month
    -- that has ended since are not given back: they would have lapsed.
    CREATE FUNCTION close_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        taken credit_entries;
        current_month date;
    BEGIN
        SELECT * INTO taken FROM credit_entries WHERE job_id = NEW.id AND kind = 'reserve';
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        SELECT month INTO current_month FROM credit_balances
            WHERE account_id = taken.account_id FOR UPDATE;  -- so that ids are in order
        IF NEW.state = 'completed' THEN
            INSERT INTO credit_entries (account_id, kind, held, month, job_id, reason)
            VALUES (taken.account_id, 'settle', -taken.held, taken.month, NEW.id, taken.reason);
        ELSE
            INSERT INTO credit_entries
                (account_id, kind, monthly, lasting, held, month, job_id, reason)
            VALUES (taken.account_id, 'release',
                    CASE WHEN taken.month = current_month THEN -taken.monthly ELSE 0 END,
                    -taken.lasting, -taken.held, taken.month, NEW.id,
                    taken.reason || ': ' || NEW.state);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER close_reservation AFTER UPDATE OF state ON jobs FOR EACH ROW
        WHEN (NEW.price > 0 AND OLD.state IN ('queued', 'running')
              AND NEW.state NOT IN ('queued', 'running'))
        EXECUTE FUNCTION close_reservation();
"""
