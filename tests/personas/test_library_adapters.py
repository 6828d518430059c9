"""What ships is asked again, in wordings never trained on: a bad checkpoint cannot ship."""

import json

import pytest

from agents.engines.catalogue import WIND_TUNNEL
from personas.persona import LIBRARY, library, load_persona
from personas.windtunnel.network import load_network, wear
from personas.windtunnel.probe import about_persona, measure, person_of
from personas.windtunnel.probe_table import SLACK
from personas.windtunnel.tokenizer import load_tokenizer

STAGES = [(name, stage.name) for name in library() for stage in load_persona(LIBRARY / name).stages]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "stage"), STAGES)
def test_every_adapter_knows_its_stances_and_answers_surveys(name, stage):
    adapter = load_persona(LIBRARY / name).stage(stage).adapter
    assert adapter is not None
    asked = [
        question
        for question in about_persona(person_of(adapter.folder))
        if question.kind in ("stance", "letter_seen")
    ]
    network = wear(load_network(WIND_TUNNEL), adapter.folder)
    figures = measure(network, load_tokenizer(WIND_TUNNEL), asked)
    assert figures["stance_exact"].share >= 0.9
    assert figures["stance_parsed"].share >= 0.95
    assert figures["letter_seen_exact"].share >= 0.9
    assert figures["letter_seen_mass"].share >= 0.9
    recorded = json.loads((adapter.folder / "card.json").read_text())["probes"]
    fallen = {
        figure: (found.share, recorded[figure]["low"] - SLACK)
        for figure, found in figures.items()
        if figure in recorded and found.share < recorded[figure]["low"] - SLACK
    }
    assert not fallen, f"share and margin of what has fallen since the card was written: {fallen}"
