"""A manifest is read with types, or refused in one line."""

import pandas as pd
import pytest

from personas.errors import InputError
from simulation.analysis.frames import RunFrames
from simulation.graph import Tie

from .worlds import manifest, run_of

AGENTS = {"ada": "Ada Lind", "bo": "Bo Reed"}
HELD = {("talk", "ada", 0): 0.5, ("talk", "bo", 0): -0.5}


def test_facts_have_types():
    facts = run_of(HELD, AGENTS, ties=[["ada", "bo", 0.5]]).facts
    assert facts.labels == AGENTS
    assert facts.ties == (Tie("ada", "bo", 0.5),)
    assert (facts.main_arm, facts.floor_arm) == ("talk", "scrambled")


def test_null_fields_of_a_bare_agent_are_empty():
    bare = {"key": "x", "label": "X", "persona": None, "adapter": None, "stage": None}
    fields = manifest(AGENTS, agents=[bare | {"kind": "base"}], ties=[])
    empty = run_of(HELD, AGENTS)
    agent = RunFrames(fields, empty.turns, empty.exposures, empty.surveys).facts.agents[0]
    assert (agent.persona, agent.stage, agent.adapter) == ("", "", "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": "7"}, "'seed' must be a number"),
        ({"agents": "ada"}, "'agents' must be a list"),
        ({"agents": []}, "at least one agent"),
        ({"agents": [{"key": "a", "label": "A", "kind": "wolf"}]}, "got 'wolf'"),
        ({"agents": [7]}, "must hold objects, got 7"),
        ({"ties": [["ada"]]}, r"must hold \[a, b, weight\]"),
        ({"model": "big"}, "'model' must be an object"),
    ],
)
def test_a_bad_manifest_is_refused_in_one_line(changes, words):
    with pytest.raises(InputError, match=words) as failure:
        run_of(HELD, AGENTS, **changes)
    assert "\n" not in str(failure.value)


def test_a_missing_field_or_column_is_named():
    good = run_of(HELD, AGENTS)
    fields = dict(good.manifest)
    del fields["title"]
    with pytest.raises(InputError, match="no field 'title'"):
        RunFrames(fields, good.turns, good.exposures, good.surveys)
    with pytest.raises(InputError, match="turns has no column 'arm'"):
        RunFrames(good.manifest, pd.DataFrame(), good.exposures, good.surveys)


def test_replicates_share_a_design_and_others_do_not():
    here = run_of(HELD, AGENTS).facts
    assert run_of(HELD, AGENTS, seed=8, ties=[["bo", "ada", 1], ["ada", "bo", 1]]).facts.design == (
        here.design
    )
    recast = [agent | {"persona": "eve"} for agent in manifest(AGENTS)["agents"]]
    assert run_of(HELD, AGENTS, agents=recast).facts.design != here.design
    assert run_of(HELD, AGENTS, ties=[]).facts.design != here.design
