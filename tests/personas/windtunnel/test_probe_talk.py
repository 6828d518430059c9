"""The law of persuasion against turns written by hand, and talks with a speaker of paper."""

import random
from dataclasses import replace

import pytest

from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.people import Townsperson, random_person
from personas.windtunnel.probe_questions import Subject, strangers
from personas.windtunnel.probe_talk import (
    PARTNERS,
    ROUNDS,
    Talk,
    hold_talks,
    judge_turn,
    lawful_stances,
    talks_with,
)
from personas.windtunnel.probe_verdicts import tally
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.speech import Meaning
from personas.windtunnel.turn import take_turn

BIKES = BY_KEY["bike lanes"]
PRO, CON = BIKES.reasons(1), BIKES.reasons(-1)
LABELS = {-2: "strongly against", -1: "mildly against", 0: "undecided about", 1: "mildly for",
          2: "strongly for"}  # fmt: skip


def mind(stance: int, openness: str = "high") -> Mind:
    """Ada Lind, with one view."""
    person = random_person(random.Random(1), name="Ada Lind")
    chapter = replace(person.chapters[0], openness=openness, stances={BIKES.key: stance})
    return Mind(Townsperson("Ada Lind", (chapter,)), chapter, dict(chapter.stances))


def hears(listener: Mind, *reasons) -> Mind:
    """The listener after each reason was given by Bela in a line of its own."""
    for reason in reasons:
        listener.hear(Heard("Bela", 2 * reason.side, Meaning(("reason",), reasons=(reason,))))
    return listener


def says(speaker: Mind, stance: int, more: str = "") -> dict[str, list[float]]:
    """Verdicts on a turn that states a stance."""
    text = f"I am {LABELS[stance]} bike lanes on Main Street. {more}".strip()
    return dict(tally(judge_turn(speaker, BIKES, text)))


def test_at_first_only_the_true_stance_is_lawful():
    assert [says(mind(1), stance)["talk_law"] for stance in (-2, -1, 0, 1, 2)] == [
        [0], [0], [0], [1], [0],
    ]  # fmt: skip


def test_one_notch_towards_a_heard_reason_is_lawful_and_staying_is_too():
    assert says(hears(mind(-1), PRO[0]), 0)["talk_law"] == [1]
    assert says(hears(mind(-1), PRO[0]), -1)["talk_law"] == [1]


def test_two_notches_or_the_wrong_side_are_not():
    assert says(hears(mind(-1), PRO[0]), 1)["talk_law"] == [0]
    assert says(hears(mind(-1), PRO[0]), -2)["talk_law"] == [0]


def test_the_last_new_reason_counts():
    assert lawful_stances(hears(mind(0), PRO[0], CON[0]), BIKES) == {0, -1}
    assert lawful_stances(hears(mind(0), PRO[0], CON[0], PRO[0]), BIKES) == {0, -1}
    assert lawful_stances(hears(mind(2), PRO[0]), BIKES) == {2}


def test_the_next_turn_goes_on_from_what_was_stated():
    speaker = hears(mind(-1), PRO[0])
    assert says(speaker, 0)["talk_law"] == [1]
    assert says(hears(speaker, PRO[1]), 1)["talk_law"] == [1]
    assert says(speaker, 0)["talk_law"] == [0]  # nothing new was heard in between


def test_after_an_unlawful_jump_the_chain_goes_on_from_there():
    speaker = mind(-2)
    assert says(speaker, 2)["talk_law"] == [0]
    assert says(speaker, 2)["talk_law"] == [1]


def test_own_reasons_are_not_new():
    speaker = mind(0)
    says(speaker, 0, f"I believe that {PRO[0].text}.")
    assert says(hears(speaker, PRO[0]), 1)["talk_law"] == [0]


def test_who_is_closed_must_keep_its_true_stance_for_ever():
    speaker = hears(mind(1, "low"), PRO[0])
    moved = says(speaker, 2)
    assert moved["talk_law"] == moved["talk_kept"] == [0]
    stays_moved = says(speaker, 2)
    assert stays_moved["talk_law"] == stays_moved["talk_kept"] == [0]
    back = says(speaker, 1)
    assert back["talk_law"] == back["talk_kept"] == [1]
    assert "talk_kept" not in says(mind(1), 1)


@pytest.mark.parametrize("text", ["Bike bike lanes.", "", "I hear you, Bela.",
                                  "I am mildly for a free ferry across the river."])  # fmt: skip
def test_a_turn_without_a_readable_stance_on_the_topic_fails(text):
    speaker = mind(1)
    assert dict(tally(judge_turn(speaker, BIKES, text)))["talk_law"] == [0]
    assert says(speaker, 1)["talk_law"] == [1]  # and the stance stays where it was


def test_an_unread_sentence_beside_a_stance_costs_only_the_parse_rate():
    found = says(mind(1), 1, "Bike bike lanes.")
    assert found["talk_law"] == [1]
    assert found["parsed"] == [1, 0]


def test_moves_are_counted_only_where_the_law_allows_one():
    assert says(hears(mind(-1), PRO[0]), 0)["talk_moved_high"] == [1]
    assert says(hears(mind(-1, "middle"), PRO[0]), -1)["talk_moved_middle"] == [0]
    assert "talk_moved_high" not in says(mind(-1), -1)
    assert "talk_moved_high" not in says(hears(mind(2), PRO[0]), 2)


def test_to_speak_to_oneself_is_caught():
    assert says(mind(1), 1, "I agree with Ada.")["own_name"] == [0]
    assert says(mind(1), 1, "I hear you, Bela.")["own_name"] == [1]
    assert says(mind(1), 1, "I hear you, Bela. Well said, Ada.")["own_name"] == [0]
    assert "own_name" not in says(mind(1), 1)


class Paper:
    """Speaks for the probed speakers as the grammar does, and so keeps the law."""

    def __init__(self, talks: list[Talk]) -> None:
        self.minds = [subject_mind(talk) for talk in talks]
        self.talks, self.prompts, self.rng = talks, [], random.Random(5)

    def __call__(self, prompts) -> list[str]:
        self.prompts.append(prompts)
        texts = []
        for talk, own in zip(self.talks, self.minds, strict=True):
            # What the talk's own mind has heard since its last turn, this one has heard too.
            own.known, own.fresh, own.last = set(talk.mind.known), talk.mind.fresh, talk.mind.last
            texts.append(take_turn(self.rng, own, talk.topic).text)
        return texts


def subject_mind(talk: Talk) -> Mind:
    """A second mind of the same person."""
    return Mind(talk.mind.person, talk.mind.chapter, dict(talk.mind.stances))


def some_subjects(count: int) -> list[Subject]:
    return list(strangers(count))


def test_the_grammar_itself_is_never_found_guilty():
    talks = list(talks_with(some_subjects(40), 1))
    found = tally(hold_talks(Paper(talks), talks))
    assert len(found["talk_law"]) == 40 * ROUNDS
    for figure in ("talk_law", "talk_kept", "own_name", "parsed"):
        assert set(found[figure]) == {1.0}, figure
    high, middle = found["talk_moved_high"], found["talk_moved_middle"]
    assert sum(high) / len(high) > 0.55 > 0.5 > sum(middle) / len(middle)


def test_a_talk_has_six_speakers_of_different_names_who_all_speak_at_once():
    (talk,) = talks_with(some_subjects(1), 1)
    paper = Paper([talk])
    firsts = {partner.person.first for partner in talk.partners} | {talk.mind.person.first}
    assert len(firsts) == PARTNERS + 1
    list(hold_talks(paper, [talk]))
    first, second, third, fourth = (prompts[0].messages for prompts in paper.prompts)
    assert [len(messages) for messages in (first, second, third, fourth)] == [2, 4, 6, 8]
    assert len(first[-1].lines) == 1
    assert first[-1].lines[0].startswith("Moderator: ")
    assert len(second[-1].lines) == PARTNERS
    labels = {line.split(":")[0] for line in second[-1].lines}
    assert labels == {partner.person.name for partner in talk.partners}


def test_partners_hear_what_the_speaker_really_said():
    (talk,) = talks_with(some_subjects(1), 1)
    reason = talk.topic.reasons(1)[0]
    talk.play_round(f"I am strongly for {talk.topic.noun}. I believe that {reason.text}.")
    assert all(reason in partner.known for partner in talk.partners)


def test_talks_of_one_seed_are_the_same():
    one, other = (list(talks_with(some_subjects(3), 2)) for _ in range(2))
    assert [talk.prompt() for talk in one] == [talk.prompt() for talk in other]
    assert len(one) == 6
    topics = [talk.topic.key for talk in one]
    assert all(topics[i] != topics[i + 1] for i in (0, 2, 4))
