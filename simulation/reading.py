"""From a run's record to the tidy frames that analyzers take."""

import json
from pathlib import Path

import pandas as pd

from simulation.analysis.frames import RunFrames, no_interviews
from simulation.recordfile import open_for_reading, read_manifest

TURNS = """
SELECT arm, agent, counter, time, 0 AS phase, text, prompt_tokens, new_tokens,
       json_extract(reply, '$.finish') AS finish
FROM turns JOIN calls ON calls.key = turns.call ORDER BY arm, time, agent, counter
"""
SURVEYS = """
SELECT arm, agent, wave, question, wording, ordering AS "order", time, options,
       option_values AS "values", reply
FROM surveys JOIN calls ON calls.key = surveys.call
ORDER BY arm, wave, agent, question, wording, ordering
"""


INTERVIEWS = """
SELECT arm, agent, wave, question, wording, time, text FROM interviews
ORDER BY arm, wave, agent, question, wording
"""


def read_run(folder: Path) -> RunFrames:
    """A run as data: manifest, turns, exposures and surveys.

    A run that has not finished can be read too; it holds what was committed.

    Raises:
        InputError: There is no record in the folder, or it is damaged.
    """
    database = open_for_reading(folder)
    try:
        manifest = read_manifest(database)
        turns = pd.read_sql(TURNS, database)
        exposures = pd.read_sql("SELECT * FROM exposures", database)
        surveys = pd.read_sql(SURVEYS, database)
        known = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        asked = pd.read_sql(INTERVIEWS, database) if "interviews" in known else no_interviews()
    finally:
        database.close()
    manifest.setdefault("finished", "not finished")
    manifest.setdefault("seconds", 0.0)
    for column in ("options", "values"):
        surveys[column] = [tuple(json.loads(cell)) for cell in surveys[column]]
    surveys["values"] = [
        values or (float("nan"),) * len(options)  # options that have no order
        for values, options in zip(surveys["values"], surveys["options"], strict=True)
    ]
    surveys["logprobs"] = [tuple(json.loads(cell)["logprobs"]) for cell in surveys.pop("reply")]
    return RunFrames(manifest, turns, exposures, surveys, asked)
