"""The tables of a chat's record; what each means to a reader: docs/chat.md."""

FILE = "chat.sqlite"
SCHEMA_VERSION = 1
"""`PRAGMA user_version`; counts up with every change of a table."""
APPLICATION = 0x53594D43  # "SYMC"; `PRAGMA application_id` tells a chat from the record of a run

SCHEMA = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID; -- value: JSON
CREATE TABLE talks (
    talk INTEGER PRIMARY KEY,  -- from 0
    id TEXT NOT NULL UNIQUE,   -- 128 random bits: the same talk in the records of several raters
    blind INTEGER NOT NULL,    -- 1: shown without names
    began TEXT NOT NULL,       -- UTC
    ended TEXT                 -- null: it can be gone on with; from then on, who was who is shown
);
CREATE TABLE seatings (        -- who sits in which seat, and for how long
    seating INTEGER PRIMARY KEY,
    talk INTEGER NOT NULL REFERENCES talks,
    seat INTEGER NOT NULL CHECK (seat IN (0, 1)),
    since INTEGER NOT NULL,    -- first turn in this seat
    until INTEGER,             -- first turn not there any more; null: still there
    letter TEXT,               -- name shown in a blind talk; null in an open one
    cast_word TEXT NOT NULL,   -- as the user wrote it
    label TEXT NOT NULL,       -- name shown in an open talk
    persona TEXT, stage TEXT,  -- null for the bare base and for a bare adapter
    arm TEXT NOT NULL,         -- where the personality comes from: lora, prompt or base
    adapter TEXT, folder TEXT, -- fingerprint of the weights, and where they lie
    system TEXT NOT NULL       -- what the model is told about who it is
);
CREATE TABLE turns (
    talk INTEGER NOT NULL REFERENCES talks,
    turn INTEGER NOT NULL,     -- from 0 in each talk
    question TEXT NOT NULL,
    asked REAL NOT NULL,       -- seconds since 1970 UTC
    PRIMARY KEY (talk, turn)
) WITHOUT ROWID;
CREATE TABLE answers (         -- none: the question was put, and not answered (yet)
    talk INTEGER NOT NULL, turn INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    seating INTEGER NOT NULL REFERENCES seatings,
    place INTEGER NOT NULL,    -- where it is shown: 0 first (left), 1 second
    call TEXT NOT NULL,        -- hash of the request (personas.model.request_key)
    model TEXT NOT NULL,       -- JSON: engine, version, base, dtype
    text TEXT NOT NULL, finish TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, new_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL,     -- from asking to answer
    PRIMARY KEY (talk, turn, seat),
    FOREIGN KEY (talk, turn) REFERENCES turns
) WITHOUT ROWID;
CREATE TABLE ratings (         -- none: not asked for yet; all null: asked for, and skipped
    talk INTEGER NOT NULL, turn INTEGER NOT NULL, seat INTEGER NOT NULL,
    naturalness INTEGER CHECK (naturalness BETWEEN 1 AND 5),
    consistency INTEGER CHECK (consistency BETWEEN 1 AND 5),
    knowledge INTEGER CHECK (knowledge BETWEEN 1 AND 5),
    rated REAL NOT NULL,       -- seconds since 1970 UTC
    PRIMARY KEY (talk, turn, seat),
    FOREIGN KEY (talk, turn, seat) REFERENCES answers
) WITHOUT ROWID;
CREATE VIEW transcript AS      -- an answer a row, as they were shown; with the rating, if any
    SELECT talks.talk, talks.id, talks.blind, turn, place, answers.seat, question,
           letter, label, cast_word, persona, stage, arm, adapter,
           json_extract(model, '$.base') AS base, text, naturalness, consistency, knowledge
    FROM answers JOIN turns USING (talk, turn) JOIN talks USING (talk)
    JOIN seatings USING (seating) LEFT JOIN ratings USING (talk, turn, seat)
    ORDER BY talks.talk, turn, place;
"""
