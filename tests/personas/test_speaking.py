"""A persona is asked in tuning with the very words that it is asked with at run time."""

from pathlib import Path

from agents.agent import Agent
from agents.memory import Utterance
from agents.prompt import compose
from personas.items import Conversation, Preference, Turn
from personas.model import Control
from personas.persona import Persona, Stage
from personas.speaking import MODERATOR, conversation_talk, preference_prompt, told
from personas.windtunnel.corpus import name_header

STAGE = Stage("late", (2004, 2015), "A baker.")
ADA = Persona("ada", "Ada Lind", (STAGE,), Path())


def asked_at_run_time(*heard: Utterance):
    bare = Agent("ada", "Ada Lind", stage=STAGE)  # the words of a persona in the weights
    return compose(bare, heard)


def test_what_is_learnt_is_what_a_seat_is_asked() -> None:
    turns = (Turn("Are you\nfor it?", "I am for it."), Turn("Why?", "It is  quiet."))
    one = Conversation("ada", "late", 2015, False, turns, "ada/late/0")
    at_run_time = asked_at_run_time(
        Utterance("Moderator", "Are you\nfor it?"),
        Utterance("Ada Lind", "I am for it.", own=True),
        Utterance("Moderator", "Why?"),
    )
    assert conversation_talk("Ada Lind", one)[:-1] == at_run_time
    assert conversation_talk("Ada Lind", one)[-1].text == "It is quiet."  # type: ignore[union-attr]


def test_both_answers_of_a_pair_follow_what_a_seat_is_asked() -> None:
    one = Preference(
        "ada", "late", 2015, ("Really?", "Yes.", "Sure?"), "I am.", "Maybe not.",
        "sycophant", "answered again", "ada/late/0", "sycophant",
    )  # fmt: skip
    at_run_time = asked_at_run_time(
        Utterance("Moderator", "Really?"),
        Utterance("Ada Lind", "Yes.", own=True),
        Utterance("Moderator", "Sure?"),
    )
    assert preference_prompt("Ada Lind", one) == at_run_time
    assert at_run_time[-1] == Control("assistant")


def test_a_thought_is_asked_for_in_the_system_text() -> None:
    plain, thinking = told("Ada Lind", 2015), told("Ada Lind", 2015, thinks=True)
    assert thinking.startswith(plain)
    assert thinking != plain


def test_the_words_are_those_that_the_shipped_weights_were_trained_on() -> None:
    assert MODERATOR == "Moderator"
    assert name_header("Ada Lind", 2015) == "You are Ada Lind. The year is 2015."
