"""What sections say of small talks in the town's own words, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from personas.windtunnel.reader import read as grammar
from simulation import page
from simulation.analysis.frames import AgentFacts, RunFrames
from simulation.analysis.townsfolk import claims_of, fields_of, items_of, readable_share
from simulation.sections import consistency, conversation, creativity, identification, opinions
from simulation.sections.figures import Panel, forests
from simulation.sections.measures import Measure, agent_rows, measures_table, over_runs, printed
from simulation.sections.thoughts import Thoughts, ideas_by_words
from simulation.view import View

from .talks import all_hear_all, turns_of
from .worlds import answer, manifest, shares_of, survey

FOR, AGAINST = "My view on bike lanes: strongly for.", "My view on bike lanes: strongly against."
BINS = "For bike lanes on Main Street we could learn from rain barrels."
RNG = np.random.default_rng(0)
PEOPLE = {"bruno": "Bruno Keller", "wanda": "Wanda Marsh"}
LINES = [
    ("bruno", FOR),
    ("wanda", AGAINST),
    ("bruno", AGAINST),
    ("wanda", AGAINST),
    ("bruno", AGAINST),
    ("wanda", AGAINST),
]
HELD = {
    (arm, agent, wave): value
    for arm in ("talk", "scrambled")
    for agent, value in (("bruno", -0.5), ("wanda", 1.0))
    for wave in (0, 1)
}


def town(lines=LINES, held=HELD, **changes) -> RunFrames:
    turns = turns_of(lines)
    return RunFrames(manifest(PEOPLE, **changes), turns, all_hear_all(turns), survey(held))


def designs_of(*runs):
    return page.designs(page.read(runs), np.random.default_rng(0))


def reading(**changes):
    (found,) = page.read([town(**changes)])
    return found


def told(section) -> str:
    """All that a section says, tables and quotations included."""
    words = [section.words]
    for piece in (piece for part in section.parts for piece in part.pieces):
        match piece.kind:
            case "words":
                words.append(piece.text)
            case "table":
                words += [*piece.head, *(cell.text for row in piece.rows for cell in row)]
                words.append(piece.note)
            case "quotes":
                words.append(piece.summary)
                words += [part for quote in piece.quotes for part in (*quote.heads, *quote.lines)]
    return " | ".join(words)


def values(frame: pd.DataFrame, measure: str, arm: str = "talk") -> dict[str, float]:
    rows = frame[(frame["measure"] == measure) & (frame["arm"] == arm)]
    return dict(zip(rows["agent"], rows["value"], strict=True))


def test_the_grammar_reads_the_town_and_nothing_else():
    assert readable_share([FOR + " " + AGAINST]) == 1.0
    assert readable_share([FOR, "Quantum chromodynamics is fun."]) == 0.5
    assert np.isnan(readable_share([]))
    assert items_of(BINS) == ["bike lanes: rain barrels"]


def test_a_personas_claims_are_sentences_that_the_grammar_reads():
    bruno = AgentFacts("bruno", "Bruno Keller", "lora", "bruno", "late")
    claims = claims_of(bruno)
    assert "My view on bike lanes: mildly against." in claims
    assert "I am 43 years old." in claims
    assert len(claims) == 6 + 12
    assert not any(grammar(claim).unread for claim in claims)
    assert fields_of(bruno) == ["wood"]
    for nobody in (
        AgentFacts("x", "X", "base"),
        AgentFacts("x", "X", "lora", "nobody-of-that-name", "late"),
        AgentFacts("x", "X", "lora", "bruno", "never"),
    ):
        assert claims_of(nobody) == []
        assert fields_of(nobody) == []


def test_consistency_is_counted_by_hand():
    found = consistency.agent_measures(reading())
    # Bruno (late) is mildly against: one of three lines is for. Of his three pairs two disagree.
    # Wanda (late) is mildly for, so all of her three lines are against her persona; no pair is.
    assert values(found, "prompt-to-line") == pytest.approx({"bruno": 2 / 3, "wanda": 0.0})
    assert values(found, "line-to-line") == pytest.approx({"bruno": 1 / 3, "wanda": 1.0})
    # Bruno said "for", heard "against" and turned: a flip. Then nobody holds another side.
    # Wanda had said nothing when she heard "for".
    assert values(found, "persistence") == {"bruno": 0.0}
    assert values(found, "order consistency") == {"bruno": 1.0, "wanda": 1.0}


def test_contradictions_are_quoted_with_both_lines_and_when():
    shown = told(consistency.section(designs_of(town()), RNG))
    assert "Bruno Keller: 1 line against the persona, 2 pairs of own lines" in shown
    assert f"round 0 | round 2 | {FOR} | {AGAINST}" in shown
    assert (
        "the persona of Bruno Keller | round 0 | My view on bike lanes: mildly against. | " + FOR
    ) in shown
    assert "which can read 100% of the sentences" in shown


def test_without_a_reader_the_page_says_so():
    foreign = [("bruno", "Quantum fields commute."), ("wanda", "At spacelike separation.")]
    (design,) = designs_of(town(foreign))
    shown = told(consistency.section([design], RNG))
    assert "No judge was available" in shown
    assert "prompt-to-line |" not in shown.replace("prompt-to-line:", "")
    assert creativity.section([design], RNG) is None
    assert "adoption" not in told(conversation.section([design], RNG))


def test_paraphrases_agree_or_do_not():
    rows = [
        answer(shares_of(value), agent=agent, wave=wave, wording=wording)
        for agent, wave, wording, value in (
            ("ada", 0, 0, 1.0), ("ada", 0, 1, 1.0), ("ada", 1, 0, 1.0), ("ada", 1, 1, -1.0),
            ("bo", 0, 0, 0.5),
        )
    ]  # fmt: skip
    found = consistency.paraphrase_agreement(pd.DataFrame(rows))
    assert found.to_dict("records") == [{"arm": "talk", "agent": "ada", "value": 0.5, "surveys": 2}]


def test_reliability_says_what_is_missing_or_gives_it():
    (words,) = consistency.reliability([reading()])
    assert "need a second wording" in words.text
    held = {("silent", agent, wave): value for (arm, agent, wave), value in HELD.items()}
    (found,) = consistency.reliability([reading(held=HELD | held, arms=["talk", "silent"])])
    assert [cell.text for cell in found.rows[0]] == [
        "waves of the silent arm",
        "1.00",
        "2",
        "2",
        "0",
    ]


def test_a_swapped_seat_is_judged_by_the_persona_that_it_wears():
    late = {"key": "bruno", "since": 0.0, "label": "B", "kind": "lora", "persona": "bruno"}
    wardrobe = [late | {"stage": "late"}, late | {"since": 1.5, "stage": "early"}]
    found = consistency.agent_measures(reading(wardrobe=wardrobe))
    # As he once was he is strongly for: after the swap both lines against it contradict him.
    assert values(found, "prompt-to-line")["bruno"] == 0.0
    # Lines of two personas are not held against each other.
    assert values(found, "line-to-line")["bruno"] == 1.0


def test_ideas_grow_with_the_words():
    lines = [("bruno", BINS), ("wanda", FOR), ("bruno", BINS), ("wanda", FOR)]
    found = Thoughts(reading(lines=lines), RNG)
    grown = ideas_by_words(found.ideas, found.turns)
    assert grown["words"].tolist() == [0, 12, 19, 31, 38]
    assert grown["ideas"].tolist() == [0, 1, 1, 1, 1]
    by_arm = creativity.arm_measures(found).set_index("measure")["value"]
    assert by_arm["fluency"] == 1
    assert by_arm["concepts"] == pytest.approx(100 / 38)
    ideas = creativity.agent_measures(found)
    assert values(ideas, "ideas") == {"bruno": 1.0, "wanda": 0.0}


def test_the_gain_over_a_nominal_group_or_why_there_is_none():
    lines = [("bruno", BINS), ("wanda", BINS)]
    together = reading(lines=lines)
    assert "no arm 'alone'" in creativity.nominal_table([Thoughts(together, RNG)], RNG).text
    alone = turns_of([("bruno", BINS), ("wanda", FOR + " " + FOR)], "alone")
    turns = pd.concat([together.frames.turns, alone], ignore_index=True)
    arms = manifest(PEOPLE, arms=["talk", "alone"])
    both = RunFrames(arms, turns, together.frames.exposures, together.frames.surveys)
    (read,) = page.read([both])
    table = creativity.nominal_table([Thoughts(read, RNG)], RNG)
    # One idea each, within the words of both.
    assert [cell.text for cell in table.rows[0]][:5] == ["ideas", "1", "1", "24", "1.00"]


def test_who_is_heard_and_followed_is_counted_by_hand():
    reason = "The air on Main Street would be cleaner."
    lines = [("bruno", reason), ("wanda", reason), ("bruno", FOR), ("wanda", FOR)]
    talk = conversation.Exchanges(reading(lines=lines))
    found = conversation.agent_measures(talk)
    assert values(found, "heard") == {"bruno": 2, "wanda": 1}
    assert values(found, "followed") == {"bruno": 1.0}
    assert values(found, "open") == {"wanda": 1.0}
    assert values(found, "share of words") == {"bruno": 0.5, "wanda": 0.5}


def test_speakers_with_words_of_their_own_are_told_apart():
    lines = [("bruno", FOR + " This is simple."), ("wanda", AGAINST + " I may be wrong.")] * 6
    (design,) = designs_of(town(lines))
    shown = told(identification.section([design], RNG))
    assert "persona | 2 | 100%" in shown
    assert "One talk alone" in shown
    (alone,) = designs_of(town(lines[:1]))
    assert "too few speakers" in told(identification.section([alone], RNG))


def test_changes_of_polarisation_are_after_minus_before():
    held = HELD | {("talk", "bruno", 1): -1.0}
    (found,) = page.read([town(held=held)])
    changes = opinions.index_changes(found.opinions, found.view)
    talk = changes[changes["arm"] == "talk"].set_index("measure")["value"]
    assert talk["mean distance"] == pytest.approx(0.5)  # 1.5 before, 2 after
    assert talk["variance"] == pytest.approx(1 - 0.75**2)
    assert talk["camps apart"] == pytest.approx(0.5)


def test_a_table_gives_the_excess_over_the_floor_and_an_interval_over_runs():
    rows = [
        (run, arm, "m", value)
        for run, (talk, floor) in enumerate([(0.5, 0.1), (0.7, 0.1)])
        for arm, value in (("talk", talk), ("scrambled", floor))
    ]
    frame = pd.DataFrame(rows, columns=["run", "arm", "measure", "value"])
    view = View("q", {})
    measures = [Measure("m", "what", "share"), Measure("n", "not there")]
    table = measures_table(frame, measures, view, RNG)
    (row,) = table.rows
    assert [cell.text for cell in row] == ["m", "60%", "10%", "+50 points"]
    assert table.note.startswith("2 runs: too few for an interval")
    six = pd.concat([frame[frame["run"] == 0].assign(run=run) for run in range(6)])
    six.loc[six["arm"] == "talk", "value"] += np.arange(6) / 10
    note = measures_table(six, [Measure("m", "what", "share")], view, RNG).rows[0][3].note
    assert note.startswith("95% interval")
    assert over_runs(six[six["arm"] == "talk"], ["measure"], RNG)["value"].tolist() == [0.75]


def test_every_control_has_a_mark_of_its_own_beside_the_talk():
    values = pd.DataFrame(
        [(0, arm, "bruno", "x", value) for arm, value in (("talk", 1), ("base", 0), ("prompt", 2))],
        columns=["run", "arm", "agent", "measure", "value"],
    )
    rows = agent_rows(values, View("q", PEOPLE, floor=None), RNG)
    assert rows.loc[0, ["value", "base", "prompt"]].tolist() == [1, 0, 2]
    assert "floor" not in rows
    (ax,) = forests(rows, PEOPLE, [Panel("x", "x")])
    marked = [dots.get_offsets()[0][0] for dots in ax.collections if len(dots.get_offsets()) > 1]
    assert sorted(marked) == [0, 1, 2]
    (legend,) = ax.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["talk", "prompt", "base"]


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [(0.5, "share", "50%"), (3.0, "count", "3"), (2.5, "count", "2.5"), (-0.25, "signed", "−0.25"),  # noqa: RUF001
     (1.0, "number", "1.00"), (float("nan"), "share", "–")],  # noqa: RUF001
)  # fmt: skip
def test_numbers_in_the_style_of_their_measure(value, style, text):
    assert printed(value, style) == text
