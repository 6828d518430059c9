"""The tables of a record, and how records of an older schema are brought up to date.

What each table and column means to a reader: docs/record.md.
"""

SCHEMA_VERSION = 2
OLDEST_READABLE = 1
"""Records from this schema on can be reported, exported and, once migrated, gone on with."""

SCHEMA = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE calls (
    key TEXT PRIMARY KEY,      -- hash of the request (personas.model.request_key)
    reply TEXT NOT NULL,       -- JSON of Reply or Scores
    prompt_tokens INTEGER, new_tokens INTEGER,
    seconds REAL,              -- real time from asking to answer
    asked REAL,                -- real time of asking, seconds since 1970 UTC
    inherited INTEGER NOT NULL DEFAULT 0 -- 1: taken from the run that this one branches from
);
CREATE TABLE turns (
    arm TEXT, agent TEXT, counter INTEGER,
    time REAL,                 -- virtual time, in rounds
    call TEXT NOT NULL REFERENCES calls, text TEXT NOT NULL,
    PRIMARY KEY (arm, agent, counter)
) WITHOUT ROWID;
CREATE TABLE exposures (
    arm TEXT, listener TEXT, listener_counter INTEGER, speaker TEXT, speaker_counter INTEGER,
    time REAL,                 -- virtual time of arrival
    noticed INTEGER,           -- 0: beyond the tie's weight or the attention limit
    remembered INTEGER,        -- 0: no longer in the listener's window
    PRIMARY KEY (arm, listener, listener_counter, speaker, speaker_counter)
) WITHOUT ROWID;
CREATE TABLE surveys (
    arm TEXT, agent TEXT, wave INTEGER, question TEXT, wording INTEGER, ordering TEXT,
    time REAL, options TEXT, option_values TEXT, -- JSON, in the order shown
    call TEXT NOT NULL REFERENCES calls,
    PRIMARY KEY (arm, agent, wave, question, wording, ordering)
) WITHOUT ROWID;
CREATE VIEW transcript AS
    SELECT arm, time, agent, counter, text FROM turns ORDER BY arm, time, agent, counter;
CREATE VIEW wardrobe AS        -- what each seat wears from a virtual time on
    SELECT json_extract(value, '$.key') AS agent, json_extract(value, '$.since') AS since,
           json_extract(value, '$.kind') AS kind, json_extract(value, '$.persona') AS persona,
           json_extract(value, '$.stage') AS stage, json_extract(value, '$.adapter') AS adapter
    FROM json_each((SELECT value FROM manifest WHERE key = 'wardrobe'));
CREATE VIEW worn AS            -- what was worn in each turn
    SELECT turns.arm, turns.agent, turns.counter, turns.time, since, kind, persona, stage, adapter
    FROM turns JOIN wardrobe ON wardrobe.agent = turns.agent AND since = (
        SELECT max(earlier.since) FROM wardrobe AS earlier
        WHERE earlier.agent = turns.agent AND earlier.since <= turns.time
    );
"""

ADDED_IN_2 = """
CREATE TABLE decisions (       -- private choices that the talk depends on: bids, next speakers
    arm TEXT, agent TEXT, counter INTEGER, time REAL, question TEXT,
    options TEXT,              -- JSON
    call TEXT NOT NULL REFERENCES calls,
    PRIMARY KEY (arm, agent, counter)
) WITHOUT ROWID;
CREATE TABLE summaries (       -- what an agent made of talk that left its window
    arm TEXT, agent TEXT, block INTEGER, last_speaker TEXT, last_counter INTEGER,
    call TEXT NOT NULL REFERENCES calls, text TEXT NOT NULL,
    PRIMARY KEY (arm, agent, block, last_speaker, last_counter)
) WITHOUT ROWID;
CREATE TABLE adapters (
    fingerprint TEXT PRIMARY KEY, -- hash of weights and configuration
    folder TEXT, base TEXT, rank INTEGER,
    card TEXT                  -- JSON of how it was trained; null for one without a card
) WITHOUT ROWID;
CREATE TABLE counts (          -- tokens of each text that was counted: replay has no tokenizer
    text INTEGER, tokens INTEGER -- 64 bits of the text's hash (simulation.counts)
);
"""

SCHEMA += ADDED_IN_2

MIGRATIONS = {
    1: "ALTER TABLE calls ADD COLUMN asked REAL;"
    "ALTER TABLE calls ADD COLUMN inherited INTEGER NOT NULL DEFAULT 0;" + ADDED_IN_2,
}
"""Statements that bring a record from a schema to the next one."""
