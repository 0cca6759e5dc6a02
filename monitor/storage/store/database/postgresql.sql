-- What a store has in PostgreSQL alone, and its triggers. `schema.py` says what COUNT_STORY means.

-- The version of the tables, and how often something was committed: one row.
CREATE TABLE store (version BIGINT NOT NULL, commits BIGINT NOT NULL);
INSERT INTO store VALUES (0, 0);

-- The highest number that a row of a table ever had; kept by triggers.
CREATE TABLE given (name TEXT PRIMARY KEY, number BIGINT NOT NULL);
INSERT INTO given VALUES ('alerts', 0), ('evidence', 0);

-- The keys with a long text.
CREATE UNIQUE INDEX entries_key ON entries (feed, md5(guid));
CREATE INDEX entries_by_guid ON entries USING hash (guid);
CREATE UNIQUE INDEX links_key ON links (article, md5(canonical));
CREATE INDEX links_by_canonical ON links USING hash (canonical);

-- Before the row changes, not after: what runs after waits for the end of the whole statement,
-- and would see the rows of a statement all changed at once.

CREATE OR REPLACE FUNCTION alert_raised() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO counts AS c SELECT new.watchlist, 1, 0 WHERE new.merged_into IS NULL
    ON CONFLICT (watchlist) DO UPDATE SET total = c.total + 1;
    new.story_alert := coalesce((
        SELECT b.story_alert FROM articles a JOIN articles m
            ON (m.id = a.story AND m.story = m.id) OR (m.story = a.story AND m.story <> m.id)
        JOIN alerts b ON b.article = m.id WHERE a.id = new.article AND b.id <> new.id LIMIT 1
    ), new.id);
    COUNT_STORY(new, +);
    UPDATE given SET number = greatest(number, new.id) WHERE name = 'alerts';
    RETURN new;
END $$;
CREATE TRIGGER alert_raised BEFORE INSERT ON alerts FOR EACH ROW EXECUTE FUNCTION alert_raised();

CREATE OR REPLACE FUNCTION alert_grouped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    COUNT_STORY(old, -);
    COUNT_STORY(new, +);
    RETURN new;
END $$;
CREATE TRIGGER alert_grouped BEFORE UPDATE OF story_alert ON alerts FOR EACH ROW WHEN (new.story_alert <> old.story_alert)
    EXECUTE FUNCTION alert_grouped();

CREATE OR REPLACE FUNCTION alert_triaged() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    COUNT_STORY(old, -);
    COUNT_STORY(new, +);
    RETURN new;
END $$;
CREATE TRIGGER alert_triaged BEFORE UPDATE OF state ON alerts FOR EACH ROW WHEN ((new.state = 'new') <> (old.state = 'new'))
    EXECUTE FUNCTION alert_triaged();

CREATE OR REPLACE FUNCTION alert_dropped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE counts SET total = total - 1 WHERE watchlist = old.watchlist AND old.merged_into IS NULL;
    COUNT_STORY(old, -);
    RETURN old;
END $$;
CREATE TRIGGER alert_dropped BEFORE DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION alert_dropped();

CREATE OR REPLACE FUNCTION acts_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'what was said once is not said otherwise afterwards';
END $$;
CREATE TRIGGER acts_stay BEFORE UPDATE ON acts FOR EACH ROW EXECUTE FUNCTION acts_stay();

CREATE OR REPLACE FUNCTION decisions_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'what was said once is not said otherwise afterwards';
END $$;
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions FOR EACH ROW
    EXECUTE FUNCTION decisions_stay();

-- `tocsin verify` compares the bodies of those of the evidence.
CREATE OR REPLACE FUNCTION evidence_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'evidence is not deleted';
END $$;
CREATE TRIGGER evidence_stays BEFORE DELETE ON evidence FOR EACH ROW
    EXECUTE FUNCTION evidence_stays();

CREATE OR REPLACE FUNCTION evidence_is_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'evidence is not deleted';
END $$;
CREATE TRIGGER evidence_is_not_emptied BEFORE TRUNCATE ON evidence FOR EACH STATEMENT
    EXECUTE FUNCTION evidence_is_not_emptied();

CREATE OR REPLACE FUNCTION evidence_is_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'evidence is not changed';
END $$;
CREATE TRIGGER evidence_is_final BEFORE UPDATE ON evidence FOR EACH ROW
    EXECUTE FUNCTION evidence_is_final();

CREATE OR REPLACE FUNCTION evidence_is_appended() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF new.number <> (SELECT coalesce(max(number), 0) + 1 FROM evidence) THEN
        RAISE EXCEPTION 'evidence is only appended';
    END IF;
    UPDATE given SET number = new.number WHERE name = 'evidence';
    RETURN new;
END $$;
CREATE TRIGGER evidence_is_appended BEFORE INSERT ON evidence FOR EACH ROW
    EXECUTE FUNCTION evidence_is_appended();
