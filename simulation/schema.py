"""The tables of a record, and how records of an older schema are brought up to date.

What each table and column means to a reader: docs/record.md.

Rows are written in about the order of virtual time, so keys begin with what grows with it (a
counter before an agent) and nothing is indexed by a hash: every commit then appends to a few pages
of the file, however large it is. That no call and no row stands there twice, the writer sees to.
"""

SCHEMA_VERSION = 4
OLDEST_READABLE = 1
"""Records from this schema on can be reported, exported and, once migrated, gone on with."""
PACKED_SINCE = 3
"""The schema since which a turn holds what was heard before it."""

TURNS = """
CREATE TABLE turns (
    arm TEXT, agent TEXT, counter INTEGER,
    time REAL,                 -- virtual time
    call TEXT NOT NULL,        -- calls.key
    text TEXT NOT NULL,
    heard TEXT NOT NULL,       -- JSON, a list for each message that arrived since the turn before:
                               -- speaker, speaker_counter, time, noticed, remembered
    PRIMARY KEY (arm, counter, agent)
) WITHOUT ROWID;
"""

VIEWS = """
CREATE VIEW exposures AS       -- one row for each message that reached a speaker before a turn
    SELECT arm, agent AS listener, counter AS listener_counter,
           json_extract(value, '$[0]') AS speaker, json_extract(value, '$[1]') AS speaker_counter,
           json_extract(value, '$[2]') AS time,      -- virtual time of arrival
           json_extract(value, '$[3]') AS noticed,   -- 0: beyond the tie's weight or attention
           json_extract(value, '$[4]') AS remembered -- 0: no longer in the listener's window
    FROM turns, json_each(turns.heard);
CREATE VIEW transcript AS
    SELECT arm, time, agent, counter, text FROM turns ORDER BY arm, time, agent, counter;
CREATE VIEW worn AS            -- what was worn in each turn
    SELECT turns.arm, turns.agent, turns.counter, turns.time, since,
           CASE WHEN arm = 'base' THEN 'base' WHEN arm = 'prompt' AND kind = 'lora' THEN 'prompt'
                ELSE kind END AS kind,
           CASE WHEN arm != 'base' THEN persona END AS persona, stage,
           CASE WHEN arm NOT IN ('base', 'prompt') THEN adapter END AS adapter
    FROM turns JOIN wardrobe ON wardrobe.agent = turns.agent AND since = (
        SELECT max(earlier.since) FROM wardrobe AS earlier
        WHERE earlier.agent = turns.agent AND earlier.since <= turns.time
    );
"""

ADDED_IN_2 = """
CREATE TABLE decisions (       -- private choices that the talk depends on: bids, next speakers
    arm TEXT, agent TEXT, counter INTEGER, time REAL, question TEXT,
    options TEXT,              -- JSON
    call TEXT NOT NULL,        -- calls.key
    PRIMARY KEY (arm, agent, counter)
) WITHOUT ROWID;
CREATE TABLE summaries (       -- what an agent made of talk that left its window
    arm TEXT, agent TEXT, block INTEGER, last_speaker TEXT, last_counter INTEGER,
    call TEXT NOT NULL, text TEXT NOT NULL,
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

ADDED_IN_4 = """
CREATE TABLE interviews (      -- questions answered in words, out of band
    arm TEXT, agent TEXT, wave INTEGER, question TEXT, wording INTEGER, time REAL,
    call TEXT NOT NULL,        -- calls.key
    text TEXT NOT NULL,
    PRIMARY KEY (arm, wave, agent, question, wording)
) WITHOUT ROWID;
"""

SCHEMA = (
    """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE calls (
    key TEXT NOT NULL,         -- hash of the request (personas.model.request_key)
    reply TEXT NOT NULL,       -- JSON of Reply or Scores
    prompt_tokens INTEGER, new_tokens INTEGER,
    seconds REAL,              -- real time from asking to answer
    asked REAL,                -- real time of asking, seconds since 1970 UTC
    inherited INTEGER NOT NULL DEFAULT 0 -- 1: taken from the run that this one branches from
);
CREATE TABLE surveys (
    arm TEXT, agent TEXT, wave INTEGER, question TEXT, wording INTEGER, ordering TEXT,
    time REAL, options TEXT, option_values TEXT, -- JSON, in the order shown
    call TEXT NOT NULL,        -- calls.key
    PRIMARY KEY (arm, wave, agent, question, wording, ordering)
) WITHOUT ROWID;
CREATE VIEW wardrobe AS        -- what each seat wears from a virtual time on
    SELECT json_extract(value, '$.key') AS agent, json_extract(value, '$.since') AS since,
           json_extract(value, '$.kind') AS kind, json_extract(value, '$.persona') AS persona,
           json_extract(value, '$.stage') AS stage, json_extract(value, '$.adapter') AS adapter
    FROM json_each((SELECT value FROM manifest WHERE key = 'wardrobe'));
"""
    + TURNS
    + VIEWS
    + ADDED_IN_2
    + ADDED_IN_4
)

TURNS_BEFORE_3 = """
SELECT arm, agent, counter, time, call, text, (
    SELECT '[' || coalesce(group_concat(message, ','), '') || ']' FROM (
        SELECT '[' || as_json(speaker) || ',' || speaker_counter || ',' || as_json(heard.time) ||
            ',' || noticed || ',' || remembered || ']' AS message
        FROM exposures AS heard LEFT JOIN turns AS said ON said.arm = heard.arm
            AND said.agent = speaker AND said.counter = speaker_counter
        WHERE heard.arm = turn.arm AND listener = turn.agent AND listener_counter = turn.counter
        ORDER BY heard.time, coalesce(said.time, heard.time), speaker, speaker_counter
    )
) FROM turns AS turn
"""
"""The turns of an older record, in which exposures were a table; as they are today. `as_json` is
Python's, which writes a number so that exactly it is read again."""

PACKED_IN_3 = f"""
CREATE TEMP TABLE packed AS {TURNS_BEFORE_3};
DROP VIEW transcript; DROP VIEW worn; DROP TABLE exposures; DROP TABLE turns;
{TURNS}
INSERT INTO turns SELECT * FROM packed;
DROP TABLE packed;
{VIEWS}
"""

MIGRATIONS = {
    1: "ALTER TABLE calls ADD COLUMN asked REAL;"
    "ALTER TABLE calls ADD COLUMN inherited INTEGER NOT NULL DEFAULT 0;" + ADDED_IN_2,
    2: PACKED_IN_3,
    3: ADDED_IN_4,
}
"""Statements that bring a record from a schema to the next one."""
