"""The base that ships is examined anew: no figure may fall below the margin in its card."""

import json

import pytest

from agents.engines.catalogue import WIND_TUNNEL
from personas.windtunnel.probe_table import BASE, Scope, probe_base

PEOPLE = 30  # the first of those whose answers are recorded in the card


@pytest.mark.slow
def test_the_base_is_as_good_as_its_card_says():
    margins = json.loads((WIND_TUNNEL / "card.json").read_text()).get("probe_margins")
    assert margins, "the base's card has no margins; run: symposion windtunnel probe --record"
    found = probe_base(WIND_TUNNEL, Scope(people=PEOPLE))[BASE]
    fallen = {
        figure: (found[figure].share if figure in found else None, least)
        for figure, least in margins.items()
        if figure not in found or found[figure].share < least
    }
    assert not fallen, f"share and margin of what has fallen: {fallen}"
