import random
import re
import subprocess
import sys
from itertools import islice

import pytest

from personas.windtunnel import questions, survey
from personas.windtunnel.corpus import (
    LOOK_UP,
    Mixture,
    catalogue,
    conversation_length,
    documents,
    personal_samples,
    samples,
)
from personas.windtunnel.document import Document, Message
from personas.windtunnel.people import random_person
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.questions import Wordings
from personas.windtunnel.reader import read
from personas.windtunnel.town import STANCE_OF_LABEL, sign

MANY = tuple(islice(samples(random.Random(21)), 1500))


def told(document):
    """Views of a profile, read from the system text alone."""
    views = re.search(r"Views: ([^.]*)\.", document.messages[0].lines[0])
    pairs = (view.rsplit(": ", 1) for view in views[1].split("; ")) if views else ()
    return {key: STANCE_OF_LABEL[label] for key, label in pairs}


def exchanges(document):
    """Pairs of what was heard last and what was answered."""
    messages = document.messages[1:]
    return [
        (heard.lines, said.lines[0])
        for heard, said in zip(messages[::2], messages[1::2], strict=True)
    ]


def test_roles_alternate_and_lines_are_well_formed():
    for sample in MANY:
        roles = [message.role for message in sample.document.messages]
        assert roles == ["system"] + ["user", "assistant"] * (len(roles) // 2)
        assert len(sample.truths) == len(roles) // 2
        for message in sample.document.messages:
            assert message.lines
            for line in message.lines:
                if message.role == "user":
                    assert re.fullmatch(r"[^\n:]+: [^\n]+\n", line)
                else:
                    assert line.strip() == line != ""
                    assert "\n" not in line


def test_answers_agree_with_the_header():
    """An examiner who knows nothing but the text finds every drill answered right."""
    asked = 0
    for sample in MANY:
        header = sample.document.messages[0].lines[0]
        views = told(sample.document)
        if sample.kind != "drill":
            continue
        facts = dict(re.findall(r"(Name|Age|Job|Home|Hobby|Field): ([^.]*)\.", header))
        for _, answer in exchanges(sample.document):
            reading = read(answer)
            for name, value in reading.meaning.facts:
                if name.capitalize() in facts:
                    assert value == facts[name.capitalize()]
            if reading.proposal:
                assert reading.stance == views[reading.proposal]
                asked += 1
    assert asked > 300


def test_letters_ratings_and_votes_agree_with_the_header():
    kinds = set()
    for sample in MANY:
        views = told(sample.document)
        if sample.kind != "drill" or not views:
            continue
        for heard, answer in exchanges(sample.document):
            key = next((k for k in views if k in heard[-1]), None)
            meaning = read(answer).meaning
            if key is None:
                continue
            if meaning.letter:
                label = re.search(rf"{meaning.letter}: ([a-z ]+)\.", heard[-1])
                assert STANCE_OF_LABEL[label[1]] == views[key]
                kinds.add("letter")
            elif meaning.rating:
                assert meaning.rating - 3 == views[key]
                kinds.add("rating")
            elif meaning.vote is not None:
                assert meaning.vote == sign(views[key])
                kinds.add("vote")
    assert kinds == {"letter", "rating", "vote"}


def test_a_catalogue_tells_all_that_it_asks_for():
    """Entries and values of every kind are read back, and none of them passes for a view."""
    rng = random.Random(8)
    values = set()
    for _ in range(300):
        document = catalogue(rng, 4).document
        entries = dict(
            entry.lower().split(": ", 1)
            for entry in document.messages[0].lines[0].rstrip(".").split(". ")
        )
        assert len(entries) <= 4
        for heard, answer in exchanges(document):
            reading = read(answer)
            facts = dict(reading.meaning.facts)
            assert reading.parsed
            assert facts["thing"] in heard[-1]
            assert facts["value"].lower() == entries[facts["thing"]]
            assert reading.stance is None
            values.add(facts["value"])
    assert set(STANCE_OF_LABEL) < values
    assert any(value.isdigit() for value in values)


def test_own_turns_follow_the_law_of_persuasion():
    """Stances change by one notch, only where it is said, and never with openness low."""
    moves = 0
    for sample in MANY:
        if not sample.kind.endswith("talk"):
            continue
        low = "Openness: low" in sample.document.messages[0].lines[0]
        views = told(sample.document)
        turns = [truth for truth in sample.truths if truth.family == "talk"]
        last = views.get(turns[0].proposal) if turns else None
        for turn in turns:
            assert read(turn.said.text).stance == turn.stance
            if last is not None:
                assert abs(turn.stance - last) == turn.said.meaning.moved
            assert not (low and turn.said.meaning.moved)
            moves += turn.said.meaning.moved
            last = turn.stance
    assert moves > 50


def test_a_survey_after_a_talk_gives_the_stance_of_the_last_turn():
    checked = 0
    for sample in MANY:
        stance = {}
        for truth in sample.truths:
            if truth.family == "talk":
                stance[truth.proposal] = truth.stance
            elif truth.proposal in stance and truth.said.meaning.rating:
                assert truth.said.meaning.rating - 3 == stance[truth.proposal]
                checked += 1
    assert checked > 20


def test_nobody_takes_another_by_the_own_name():
    for sample in MANY:
        for truth in sample.truths:
            assert sample.person.first not in truth.said.meaning.others


def test_the_nameless_give_in_and_the_others_do_not():
    for sample in MANY:
        persona = "Name: " in sample.document.messages[0].lines[0]
        for truth in sample.truths:
            if truth.family == "robot":
                assert truth.said.meaning.kinds == (("deny",) if persona else ("robot",))
            if truth.family == "false name" and not persona:
                assert truth.said.meaning.kinds == ("confirm",)
            if truth.family == "false past":
                assert truth.said.meaning.kinds == (("fact",) if persona else ("confirm",))
            if truth.family == "false event" and not persona:
                assert truth.said.meaning.kinds == ("confirm",)


def every_wordings():
    tables = [v for v in vars(questions).values() if isinstance(v, Wordings)]
    return [*tables, survey.SURVEY]


@pytest.mark.parametrize("wordings", every_wordings(), ids=lambda w: w.train[0])
def test_held_out_wordings_appear_nowhere(wordings):
    text = "".join(line for sample in MANY for m in sample.document.messages for line in m.lines)
    for wording in wordings.held_out:
        pieces = [re.escape(piece) for piece in re.split(r"\{\w+\}", wording[1:])]
        assert not re.search(r"[^\n?]{1,60}?".join(pieces) + r"\n", text), wording


def test_the_mixture_is_kept():
    kinds = [sample.kind for sample in MANY]
    # Five standard errors of a share of 0.35 in 1,500 are 0.062.
    assert abs(kinds.count("drill") / len(kinds) - 0.35) < 0.062
    assert set(kinds) == set(Mixture().kinds())
    looked_up = {sample.kind for sample in islice(samples(random.Random(1), LOOK_UP), 100)}
    assert looked_up == {"drill", "catalogue"}


def test_talks_have_two_to_twelve_speakers():
    sizes = set()
    for sample in MANY:
        lines = [line for m in sample.document.messages if m.role == "user" for line in m.lines]
        sizes.add(len({line.split(":")[0] for line in lines} - {"Moderator"}) + 1)
    assert {2, 5, 8, 12} <= sizes
    assert max(sizes) == 12


def test_the_corpus_is_endless_and_reproducible():
    first = list(islice(documents(random.Random(5)), 30))
    again = list(islice(documents(random.Random(5)), 30))
    other = list(islice(documents(random.Random(6)), 30))
    assert first == again
    assert first != other


def test_a_personal_corpus_tells_nothing_but_name_and_year():
    person = random_person(random.Random(2), name="Ada Lind")
    year = person.chapters[0].years[0]
    for sample in islice(personal_samples(random.Random(3), person), 200):
        assert sample.document.messages[0] == Message(
            "system", (f"You are Ada Lind. The year is {year}.",)
        )
        for truth in sample.truths:
            if truth.family in {"stance", "view"} and sample.kind == "drill":
                assert truth.stance == person.chapters[0].stances[truth.proposal]
            for name, value in truth.said.meaning.facts:
                if name == "job" and "deny" not in truth.said.meaning.kinds:
                    assert value == person.chapters[0].job


def test_length_is_counted_in_words():
    document = Document(
        (Message("system", ("You are Ada.",)), Message("user", ("A: b\n", "C: d e\n")))
    )
    assert conversation_length(document) == 3 + 2 + 3


def test_documents_fit_the_context():
    # 2,048 tokens at 1.4 tokens a word in long talk.
    assert max(conversation_length(sample.document) for sample in MANY) < 2048 / 1.4


def test_every_topic_is_talked_about():
    topics = {
        truth.proposal for sample in MANY for truth in sample.truths if truth.family == "talk"
    }
    assert topics == set(BY_KEY)


def test_the_grammar_needs_no_model_library():
    code = (
        "import sys, personas.windtunnel.corpus, personas.windtunnel.life;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'peft')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
