-- The triggers of a store in SQLite. `schema.py` says what COUNT_STORY means.

CREATE TRIGGER alert_raised AFTER INSERT ON alerts BEGIN
    INSERT INTO counts SELECT new.watchlist, 1, 0 WHERE new.merged_into IS NULL
    ON CONFLICT DO UPDATE SET total = total + 1;
    UPDATE alerts SET story_alert = coalesce((
        SELECT b.story_alert FROM articles a JOIN articles m
            ON (m.id = a.story AND m.story = m.id) OR (m.story = a.story AND m.story <> m.id)
        JOIN alerts b ON b.article = m.id
        WHERE a.id = new.article AND b.id <> new.id LIMIT 1
    ), id) WHERE id = new.id;
END;

CREATE TRIGGER alert_grouped AFTER UPDATE OF story_alert ON alerts
WHEN new.story_alert <> old.story_alert BEGIN
    COUNT_STORY(old, - (old.story_alert <> 0) *);
    COUNT_STORY(new, +);
END;

CREATE TRIGGER alert_triaged AFTER UPDATE OF state ON alerts
WHEN (new.state = 'new') <> (old.state = 'new') BEGIN
    COUNT_STORY(old, -);
    COUNT_STORY(new, +);
END;

CREATE TRIGGER alert_dropped AFTER DELETE ON alerts BEGIN
    UPDATE counts SET total = total - 1
    WHERE watchlist = old.watchlist AND old.merged_into IS NULL;
    COUNT_STORY(old, -);
END;

CREATE TRIGGER acts_stay BEFORE UPDATE ON acts BEGIN SELECT RAISE(ABORT, 'what was said once is not said otherwise afterwards'); END;
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'what was said once is not said otherwise afterwards'); END;

-- `tocsin verify` compares these too.
CREATE TRIGGER evidence_stays BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER evidence_is_final BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER evidence_is_appended BEFORE INSERT ON evidence WHEN new.number <> (SELECT coalesce(max(number), 0) + 1 FROM evidence) BEGIN SELECT RAISE(ABORT, 'evidence is only appended'); END;
