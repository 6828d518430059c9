"""The calibration's own arithmetic, by hand: what is planted is what is counted."""

import math
import random

import pandas as pd
import pytest

from bench.calibration import contradictions, ideas, openness, stances
from bench.calibration.company import Company, invited
from bench.calibration.part import Goal, Part, summary, table
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import random_person
from personas.windtunnel.proposals import PROPOSALS
from simulation.analysis.town import TownReader

READER = TownReader()


def mind(seed: int) -> Mind:
    person = random_person(random.Random(seed))
    return Mind(person, person.chapters[0], dict(person.chapters[0].stances))


def test_company_remembers_every_line_once_and_its_own_as_its_own():
    host = mind(1)
    company = Company(random.Random(2), host, PROPOSALS[0], invited(random.Random(3), host, 2))
    company.play_round()
    company.play_round()
    names = [line.speaker for line in company.remembered]
    assert names[0] == "Moderator"
    assert [line.own for line in company.remembered] == [False, *[True, False, False] * 2]
    assert len(set(names)) == 4


def test_the_area_is_the_share_of_pairs_in_order():
    # Of the six pairs four are in order, one is tied, one is not.
    assert contradictions.area([0.9, 0.5, 0.3], [0.5, 0.2]) == pytest.approx(4.5 / 6)
    assert contradictions.area([1.0], [0.0, 0.0]) == 1.0
    assert math.isnan(contradictions.area([], [0.0]))


def test_whoever_was_planted_in_contradicts_and_nobody_else():
    talk = next(contradictions.planted_talks(1))
    planted = talk.planted.groupby("agent").size()
    assert planted.between(1, contradictions.MOST_PLANTED).all()
    assert len(planted) == 3
    scored = contradictions.scores(talk, READER).set_index("agent")
    for name, row in scored.iterrows():
        lines = planted.get(name, 0)
        assert row["prompt_to_line"] == pytest.approx(1 - lines / contradictions.ROUNDS)
        assert (row["line_to_line"] < 1) == (lines > 0)
    found = contradictions.areas(scored.reset_index()).set_index("measure")["value"]
    assert found[["prompt_to_line", "line_to_line"]].tolist() == [1.0, 1.0]


def test_what_is_said_of_an_idea_is_read_back_as_the_same_idea():
    topic = PROPOSALS[3]
    one, other = ("rain barrels",), ("flood gates", "slow dough")
    for idea in (one, other, (f"ready: {topic.ideas[0]}",)):
        said = [ideas.told(random.Random(seed), idea, topic).text for seed in range(30)]
        assert len(set(said)) > 1
        assert len({READER.ideas(text)[0].key for text in said}) == 1
    assert ideas.kind_of(other) == ("boats", "bread")


def test_planted_ideas_are_counted():
    talks = ideas.planted_talks(2)
    found = ideas.counted(talks, READER)
    assert found["planted"].tolist() == found["counted"].tolist()
    wrong = pd.DataFrame([("x", 10, 9), ("x", 4, 5)], columns=["measure", "planted", "counted"])
    (row,) = ideas.errors(wrong).to_dict("records")
    assert (row["error"], row["worst"]) == pytest.approx(((0.1 + 0.25) / 2, 0.25))


def test_openness_is_ordered_by_whoever_moves():
    people = openness.crowd(1, 12)
    found = openness.recovered(people, 8, 2, 1)
    assert sorted(found["agent"]) == sorted(person.name for person in people)
    firm = found[found["openness"] == 0]
    assert (firm["susceptibility"].dropna() == 0).all()
    ranked = pd.DataFrame({"a": [0.0, 0.2, 0.4], "openness": [0.0, 0.3, 0.8]})
    assert openness.agreement(ranked, "a") == pytest.approx(1.0)
    # Spearman of 1, 2, 3 with the ranks 1.5, 1.5, 3 of a truth with a tie.
    tied = pd.DataFrame({"openness": [0.0, 0.0, 0.8]})
    assert openness.best_agreement(tied) == pytest.approx(math.sqrt(3) / 2)


def test_errors_are_shares_of_the_scale_among_usable_answers():
    rows = [
        ("x", "ada", 0.5, 0.5, 0.5, "mildly for", False),
        ("x", "bo", 0.0, 1.0, 0.5, "undecided", False),
        ("x", "cy", 1.0, -1.0, -1.0, "strongly for", True),
    ]
    columns = ["arm", "agent", "opinion", "truth", "began", "modal", "degenerate"]
    read = pd.DataFrame(rows, columns=columns).assign(elsewhere=[math.nan, 0.0, math.nan])
    read["error"] = (read["opinion"] - read["truth"]).abs() / stances.WIDTH
    (found,) = stances.accuracy(read).to_dict("records")
    assert found["answers"] == 3
    assert found["degenerate"] == pytest.approx(1 / 3)
    assert (found["error"], found["stayed"], found["moved"]) == (0.25, 0.0, 0.5)
    assert (found["repeating"], found["exact"], found["mistaken"]) == (0.125, 0.5, 1.0)


def test_strangers_are_asked_as_a_simulation_asks():
    (person,) = stances.strangers(1)
    askings = [*stances.before(person), *stances.during(person, person.topics[0])]
    assert [one.wave for one in askings] == [0] * 4 + [1, 2, 3, 4]
    assert person.agent.system_text.endswith(f"The year is {person.agent.stage.years[1]}.")
    assert askings[0].truth == person.mind.stances[person.topics[0].key]
    assert sum(line.own for line in askings[-1].remembered) == 4


def test_a_page_says_what_was_missed():
    part = Part("One", (Goal("a", "at most 1", "2", met=False), Goal("b", "x", "y", met=True)), "")
    assert "| a | at most 1 | **2** | **missed** |" in summary((part,))
    assert "| b | x | y | met |" in summary((part,))
    assert table(pd.DataFrame({"n": [0.5, math.nan]}), {"n": "share"}).endswith("| 0.500 |\n|  |\n")
