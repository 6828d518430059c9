"""Who is asked under which prompt: the words of a simulation, a profile, examples, nobody."""

import pytest

from agents.agent import Agent
from agents.engines.scripted import ScriptedEngine
from agents.memory import Utterance
from agents.prompt import MODERATOR, compose
from personas.adapter import Adapter
from personas.annotator import Answer, Speaker, UnusableError
from personas.embedding import HashedWords
from personas.errors import InputError
from personas.examination.voices import Annotating, Arm, ModelRespondent, Question, Shot, Turn
from personas.material import Material, Paragraph
from personas.model import Sampling
from personas.persona import Persona, Stage

ADA = Speaker("ada", "Ada Lind", "late", 2020)
WEIGHTS = Adapter("f" * 32, None, "", 4)
BEFORE = (Turn("Bike\nlanes?", "", "Yes.\nI am for it."),)


def respondent(arm, speak=lambda request: "Hm."):
    return ModelRespondent(
        ScriptedEngine(speak), arm, {("ada", "late"): "Name: Ada Lind."},
        {("ada", "late"): (Shot("Who are you?", "Ada."),)}, Sampling(),
    )  # fmt: skip


def asked(**more):
    return Question(ADA, "ordinary", "And your job?", "", **more)


def test_an_adapter_is_asked_in_the_words_of_a_simulation(tmp_path):
    arm = Arm("sft", "adapter", {("ada", "late"): WEIGHTS})
    request = respondent(arm).request(asked(before=BEFORE, seed=7))
    persona = Persona("ada", "Ada Lind", (Stage("late", (2018, 2020), "p", WEIGHTS),), tmp_path)
    agent = Agent("ada", "Ada Lind", persona, persona.stage(), "lora")
    talk = [Utterance(MODERATOR, "Bike\nlanes?"), Utterance("Ada", "Yes.\nI am for it.", own=True)]
    assert request.prompt == compose(agent, talk, [Utterance(MODERATOR, "And your job?")])
    assert (request.adapter, request.seed) == (WEIGHTS, 7)


def test_the_base_gets_the_name_alone_and_a_prompt_the_profile():
    for kind, words in (
        ("base", "You are Ada Lind. The year is 2020."),
        ("prompt", "Name: Ada Lind. The year is 2020."),
    ):
        request = respondent(Arm(kind, kind)).request(asked())
        assert request.messages()[0] == ("system", words)
        assert request.adapter is None


def test_examples_come_before_the_talk():
    messages = respondent(Arm("few-shot", "few-shot")).request(asked(before=BEFORE)).messages()
    assert messages[1:] == (
        ("user", "Moderator: Who are you?\n"), ("assistant", "Ada."),
        ("user", "Moderator: Bike lanes?\n"), ("assistant", "Yes. I am for it."),
        ("user", "Moderator: And your job?\n"), ("assistant", ""),
    )  # fmt: skip


def test_out_of_character_nothing_but_the_weights_differs():
    plain = respondent(Arm("base", "base")).request(asked(system="You are nobody."))
    for arm in (Arm("few-shot", "few-shot"), Arm("prompt", "prompt")):
        assert respondent(arm).request(asked(system="You are nobody.")) == plain


async def test_a_thought_is_no_part_of_the_answer():
    def think(request):
        return "[Analysis] They ask. [Response] A baker."

    assert await respondent(Arm("base", "base"), think).answer(asked()) == "A baker."


def test_an_arm_needs_the_adapter_of_everybody_who_is_asked():
    arm = Arm("sft", "adapter", {("ada", "early"): WEIGHTS})
    with pytest.raises(InputError, match="arm 'sft' has no adapter for ada@late; give one"):
        respondent(arm).request(asked())
    for kind, adapters in (("adapter", {}), ("base", {("ada", "late"): WEIGHTS})):
        with pytest.raises(InputError, match="exactly if"):
            Arm("sft", kind, adapters)


class _Echo:
    """An annotator that tells what it was shown."""

    identity = "echo"

    async def write_answer(self, brief):
        if brief.user == "?":
            raise UnusableError("nothing")
        told = f"{brief.speaker.name} {len(brief.history)} {brief.context.sources}"
        return Answer("", told, "")


async def test_the_annotator_answers_with_the_material_of_whoever_is_asked(tmp_path):
    persona = Persona("ada", "Ada Lind", (Stage("late", (2018, 2020), "p"),), tmp_path)
    paragraph = Paragraph("I bake bread.", "experiences", "late", 1)
    annotating = Annotating(_Echo(), [Material(persona, [(paragraph,)])], HashedWords())
    assert await annotating.answer(asked(before=BEFORE)) == (
        "Ada Lind 1 ('late/experiences.txt:1',)"
    )
    assert await annotating.answer(Question(ADA, "ordinary", "?", "")) is None
