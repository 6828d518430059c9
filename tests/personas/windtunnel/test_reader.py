import random
from itertools import chain, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.windtunnel.corpus import samples
from personas.windtunnel.phrases import CANONICAL, LABEL_PHRASES, PHRASES, STANCES_SAID
from personas.windtunnel.proposals import PROPOSALS, REASONS
from personas.windtunnel.reader import read
from personas.windtunnel.speech import Meaning, say
from personas.windtunnel.town import Reason

SAFE = Reason("bike lanes", 1, "riders would be safe from the trucks")
RAIN = Reason("bike lanes", -1, "almost nobody rides in the rain")


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("My view on bike lanes: strongly for.", 2),
        ("My view on bike lanes: undecided.", 0),
        ("I am strongly for bike lanes on Main Street.", 2),
        ("We should definitely build bike lanes on Main Street.", 2),
        ("On balance, I would build bike lanes on Main Street.", 1),
        ("I am a little in favour of bike lanes on Main Street.", 1),
        ("I see both sides of bike lanes on Main Street.", 0),
        ("On balance, I would not build bike lanes on Main Street.", -1),
        ("I will never support bike lanes on Main Street.", -2),
    ],
)
def test_a_wording_gives_the_stance(text, stance):
    reading = read(text)
    assert reading.parsed
    assert (reading.proposal, reading.stance) == ("bike lanes", stance)
    assert not reading.meaning.moved


def test_a_whole_turn():
    reading = read(
        "Let me be direct. Ada may be right that riders would be safe from the trucks, but almost "
        "nobody rides in the rain. I am mildly against bike lanes on Main Street. "
        "We could also lower the speed limit on Main Street."
    )
    assert reading.parsed
    assert reading.meaning.kinds == ("style", "concede", "stance", "idea")
    assert reading.reasons == (SAFE, RAIN)
    assert reading.stance == -1
    assert reading.meaning.others == ("Ada",)
    assert reading.meaning.ideas == ("lower the speed limit on Main Street",)


def test_a_change_of_mind():
    reading = read(
        "You have a point, Zorvak. I am now undecided about a free ferry across the river."
    )
    assert reading.meaning.moved
    assert (reading.proposal, reading.stance) == ("free ferry", 0)
    assert reading.meaning.others == ("Zorvak",)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("My name is Ada Lind.", {"name": "Ada Lind"}),
        ("My age is 41.", {"age": "41"}),
        ("I am 41 years old.", {"age": "41"}),
        ("I work as an engineer.", {"job": "engineer"}),
        ("I am Ada Lind, a bus driver from the old town.",
         {"name": "Ada Lind", "job": "bus driver", "home": "the old town"}),
        ("I enjoy collecting tin toys.", {"hobby": "collecting tin toys"}),
        ("My field is bees.", {"field": "bees"}),
        ("In 2004 I opened a small shop.", {"when": "2004", "deed": "opened a small shop"}),
        ("No, I live in Mill Lane.", {"home": "Mill Lane"}),
        ("It is 2009.", {"year": "2009"}),
        ("As for bike lanes, it is strongly for.",
         {"thing": "bike lanes", "value": "strongly for"}),
        ("As for public car park, it is saved a child from the river.",
         {"thing": "public car park", "value": "saved a child from the river"}),
        ("As for sku, it is 41.", {"thing": "sku", "value": "41"}),
    ],
)  # fmt: skip
def test_facts(text, facts):
    reading = read(text)
    assert reading.parsed
    assert dict(reading.meaning.facts) == facts
    assert reading.stance is None


def test_bare_answers():
    assert read("B").meaning.letter == "B"
    assert read("4").meaning.rating == 4
    assert read("Abstain.").meaning.vote == 0
    assert read("No.").meaning.vote == -1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "F",
        "6",
        "I am strongly for bike lanes on the ridge.",  # no such proposal
        "My view on moon lanes: strongly for.",
        "I am 41.",
        "I believe that almost nobody rides in the wind turbines.",  # a reason of nobody
        "Even if riders would be safe from the trucks, children could ride to school alone.",
        "Even if riders would be safe from the trucks, the smoke makes children cough.",
        "I suggest that we fly to the moon.",
        "For bike lanes on Main Street we could learn from moon cheese.",
        "I am strongly for bike lanes on Main Street",  # cut off
    ],
)
def test_what_is_not_of_the_grammar_is_reported(text):
    assert not read(text).parsed


def test_the_readable_part_of_a_bad_answer_is_kept():
    reading = read("I am strongly for bike lanes on Main Street. Blub blub.")
    assert reading.stance == 2
    assert reading.unread == ("Blub blub.",)
    assert not reading.parsed


@pytest.mark.parametrize(
    "text",
    ["I am mildly for a blue bridge in Canal Row.", "My view on blue bridge: mildly for."],
)
def test_an_invented_proposal_has_a_stance_but_no_key(text):
    reading = read(text)
    assert reading.parsed
    assert (reading.proposal, reading.stance) == (None, 1)


def test_no_two_phrases_are_alike():
    assert len({phrase.text for phrase in PHRASES}) == len(PHRASES)


@pytest.mark.parametrize("proposal", PROPOSALS, ids=lambda p: p.key)
def test_every_statement_of_stance_on_every_proposal(proposal):
    for stance, phrases in STANCES_SAID.items():
        for phrase in (CANONICAL[stance], *phrases):
            reading = read(say(phrase, proposal).text)
            assert (reading.proposal, reading.stance) == (proposal.key, stance)
        moved = read(f"Now I am {LABEL_PHRASES[stance]} {proposal.noun}.")
        assert (moved.proposal, moved.stance) == (proposal.key, stance)


def test_every_reason_stands_alone():
    for text, reason in REASONS.items():
        assert read(f"{text[:1].upper()}{text[1:]}.").reasons == (reason,)


def test_a_thousand_utterances_are_read_back_right():
    said = chain.from_iterable(
        (truth.said for truth in sample.truths) for sample in samples(random.Random(11))
    )
    # The bare answers are no test of reading.
    worded = list(islice((one for one in said if " " in one.text), 1000))
    wrong = [one.text for one in worded if read(one.text).meaning != one.meaning]
    unread = [one.text for one in worded if not read(one.text).parsed]
    assert wrong == []
    assert unread == []


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    reading = read(text)
    assert reading.parsed == (not reading.unread and reading.meaning != Meaning())
    assert all(sentence in text for sentence in reading.unread)


@given(
    st.lists(st.sampled_from(sorted(REASONS)), min_size=1, max_size=4), st.text("xyz .", max_size=9)
)
def test_sense_is_found_among_nonsense(clauses, nonsense):
    """Whatever stands between them, whole sentences of the grammar keep their meaning."""
    text = " ".join(f"I believe that {clause}. {nonsense}." for clause in clauses)
    reading = read(text)
    assert reading.reasons == tuple(REASONS[clause] for clause in clauses)
    assert not reading.parsed
