"""How hard and how patiently servers are used: from the command line to the record and back."""

from dataclasses import replace

from agents.engines.serverspec import ServerSpec
from experiments.commands.bounds import USUAL, bounds_from, bounds_of, told_of
from experiments.commands.choices import Choices


def test_what_is_not_said_is_as_usual_and_servers_are_asked_about_priorities():
    assert bounds_of("server", *[None] * 6) == USUAL == ServerSpec(priorities=None)
    assert told_of(USUAL) == {}


def test_bounds_are_remembered_without_the_key():
    bounds = ServerSpec(
        7, 3, timeout=9.5, patience=600, priorities=False, slots=8, api_key="sesame"
    )
    told = told_of(bounds)
    assert told == {
        "max_in_flight": 7, "resident": 3, "timeout": 9.5, "patience": 600, "priorities": False,
        "slots": 8,
    }  # fmt: skip
    assert bounds_from(told) == replace(bounds, api_key="")
    choices = Choices(engine="server", servers=("http://a", "http://b"), bounds=bounds_from(told))
    assert Choices.of_json(choices.as_json()) == choices


def test_each_server_takes_its_share():
    spec = bounds_of("server", 7, *[None] * 5)
    assert Choices(servers=("http://a", "http://b", "http://c"), bounds=spec).in_flight == 21
    assert Choices(bounds=spec).in_flight == 7


def test_records_of_older_versions_told_no_bounds():
    assert Choices.of_json({"engine": "server", "servers": ["http://a"]}).bounds == USUAL
