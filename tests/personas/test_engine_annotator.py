"""A model is told who, when and what; read back strictly, asked again, and given up openly."""

import pytest

from agents.engines.scripted import ScriptedEngine
from personas.annotator import AnswerBrief, InputBrief, Speaker, UnusableError
from personas.annotator_prompts import answer_prompt, input_prompt, read_answer, read_input
from personas.engine_annotator import EngineAnnotator
from personas.errors import EngineError, InputError
from personas.items import Exchange
from personas.material import Paragraph
from personas.model import Sampling
from personas.retrieval import Context

ADA = Speaker("ada", "Ada Lind", "late", 2021)
BAKES = Paragraph("I bake bread before dawn.", "experiences", "late", 3)
LEARNT = Paragraph("I learnt to bake from Bo.", "experiences", "early", 1)
SAID = Paragraph('I said: "Bread is life."', "conversations", "late", 1)
ASKED = AnswerBrief(ADA, "ordinary", "Why so early?", "", Context((BAKES, LEARNT), (SAID,)))
GOOD = "[Analysis] They ask why. [Response] The oven does not wait."
SAMPLING = Sampling(max_tokens=30)


def annotator(speak, attempts: int = 5, context: int = 100_000) -> EngineAnnotator:
    return EngineAnnotator(ScriptedEngine(speak, context_tokens=context), attempts, SAMPLING)


def flat(prompt) -> str:
    return "\n".join(text for _, text in prompt)


@pytest.mark.parametrize("pattern", ["ordinary", "thought", "error", "pressure"])
def test_the_year_stands_in_the_prompts_of_inputs_and_of_answers(pattern):
    # the authors' code overwrites the sentence with the time when it writes questions
    assert "the year 2021" in flat(input_prompt(InputBrief(ADA, pattern, BAKES)))
    asked = AnswerBrief(ADA, pattern, "Why?", "")
    assert "the year 2021" in flat(answer_prompt(asked))


def test_an_input_is_asked_for_in_every_pattern_without_a_slot_left_open():
    for pattern in ("ordinary", "thought", "error", "pressure"):
        for seed in range(20):
            told = flat(input_prompt(InputBrief(ADA, pattern, BAKES, seed=seed)))
            assert "{" not in told
            assert BAKES.text in told
            assert "Ada Lind" in told


def test_pressure_grows_with_the_turns_before():
    turns = [Exchange(f"No {n}!", "", "", f"Yes {n}.") for n in range(6)]
    told = [
        flat(input_prompt(InputBrief(ADA, "pressure", BAKES, tuple(turns[:n])))) for n in range(6)
    ]
    assert "Ask Ada Lind" in told[0]
    assert "one reason against" in told[1]
    assert "Insist" in told[2]
    assert all("Demand" in one for one in told[3:])
    assert "To Ada Lind: No 1!\nAda Lind: Yes 1." in told[2]


def test_an_answer_is_told_who_what_how_and_the_rules_in_this_order():
    told = flat(answer_prompt(ASKED))
    places = [
        told.index(words)
        for words in (
            "It is the year 2021. Answer as Ada Lind",
            "I bake bread before dawn.",
            "(earlier in life, early:) I learnt to bake from Bo.",
            'I said: "Bread is life."',
            "Being pushed is no reason",
            "[Analysis] and two or three",
            "Marta Weil",
            "To Ada Lind: Why so early?",
        )
    ]
    assert places == sorted(places)


def test_wishes_reference_and_what_is_false_are_told():
    brief = AnswerBrief(
        ADA, "error", "Your shop burnt down?", "The shop stands.", reference="It stands.",
        wishes=("Shorter!", "No jokes."),
    )  # fmt: skip
    told = flat(answer_prompt(brief))
    assert "misleading: The shop stands." in told
    assert "the right answer is: It stands." in told
    assert told.index("Keep to this as well: Shorter!") < told.index("well: No jokes.")


def test_other_voices_are_told_other_rules():
    def told(voice) -> str:
        return flat(
            answer_prompt(AnswerBrief(ADA, "error", "Bread is bad.", "It is not.", voice=voice))
        )

    assert "gives in" in told("sycophant")
    assert "false or not" in told("gullible")
    assert "You are a helpful assistant." in told("assistant")
    assert "Ada" not in told("assistant")
    for voice in ("sycophant", "gullible"):
        assert "Being pushed is no reason" not in told(voice)
        assert "It is not." not in told(voice)


def test_replies_are_read_by_their_marks_and_keep_every_letter():
    # the authors' code strips the letters of the mark from both ends: "question?" lost its "qu"
    assert read_input("[Input] question: is it on?", "ordinary") == ("question: is it on?", "")
    assert read_input("Sure.\n[false] No.\n[INPUT] So?", "error") == ("So?", "No.")
    assert read_answer(GOOD) == ("They ask why.", "The oven does not wait.", False)
    assert read_answer("[Analysis] No radio yet. [Refused] Radio?") == (
        "No radio yet.",
        "Radio?",
        True,
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no [Analysis]"),
        ("The oven does not wait.", "no [Analysis]"),
        ("[Response] The oven.", "no [Analysis]"),
        ("[Analysis] They ask.", "no [Response]"),
        ("[Analysis] They ask. [Response] ", "no [Response]"),
        ("[Analysis] a [Response] b [Response] c", "[Response] twice"),
    ],
)
def test_an_answer_that_cannot_be_read_is_unusable(text, reason):
    with pytest.raises(UnusableError) as error:
        read_answer(text)
    assert str(error.value).startswith(reason)


def test_an_error_input_must_say_what_is_false():
    with pytest.raises(UnusableError, match=r"no .False. in"):
        read_input("[Input] So?", "error")


async def test_an_unreadable_reply_is_asked_for_again_with_another_seed():
    seeds = []

    def speak(request) -> str:
        seeds.append(request.seed)
        return GOOD if len(seeds) == 3 else "Hm."

    answer = await annotator(speak).write_answer(ASKED)
    assert answer.response == "The oven does not wait."
    assert len(set(seeds)) == 3
    assert answer.shown == (BAKES.source, LEARNT.source, SAID.source)


async def test_what_stays_unreadable_is_given_up_with_its_reason():
    asked = []
    silent = annotator(lambda request: asked.append(1) or "Hm.", attempts=2)
    with pytest.raises(UnusableError, match=r"no .Analysis. in 'Hm.' .last of 2 attempts."):
        await silent.write_answer(ASKED)
    assert len(asked) == 2
    endless = annotator(lambda request: GOOD + " and on" * 40)
    with pytest.raises(UnusableError, match="cut off after 30 tokens"):
        await endless.write_answer(ASKED)


async def test_a_broken_engine_is_no_bad_reply():
    def speak(request) -> str:
        raise EngineError("no server")

    with pytest.raises(EngineError):
        await annotator(speak).write_answer(ASKED)


async def test_the_same_brief_gives_the_same_answer_and_another_seed_another():
    def speak(request) -> str:
        return f"[Analysis] a [Response] {request.seed}"

    one = annotator(speak)
    assert await one.write_answer(ASKED) == await one.write_answer(ASKED)
    inputs = annotator(lambda request: f"[Input] {request.seed}")
    said = [await inputs.write_input(InputBrief(ADA, "ordinary", BAKES, seed=n)) for n in (1, 2)]
    assert said[0].text != said[1].text


async def test_an_assistant_answers_in_plain_words():
    brief = AnswerBrief(ADA, "ordinary", "Why?", "", voice="assistant")
    answer = await annotator(lambda request: " As an AI, I do not bake. ").write_answer(brief)
    assert (answer.analysis, answer.response) == ("", "As an AI, I do not bake.")
    with pytest.raises(UnusableError, match="an empty reply"):
        await annotator(lambda request: " ").write_answer(brief)


async def test_a_small_window_is_shown_less_and_the_record_says_what():
    words = sum(text.count(" ") + 1 for _, text in answer_prompt(ASKED))
    # one word short of room for all: the memory of the earlier stage goes first
    tight = annotator(lambda request: GOOD, context=words - 1 + 30 + 64)
    assert (await tight.write_answer(ASKED)).shown == (BAKES.source, SAID.source)
    with pytest.raises(InputError, match="context_tokens must be at least"):
        await annotator(lambda request: GOOD, context=100).write_answer(ASKED)


def test_the_identity_tells_model_and_drawing():
    told = annotator(lambda request: GOOD).identity
    assert told == "scripted 1 t=0.7 p=0.95 n=30 attempts=5"
    with pytest.raises(InputError, match="attempts must be at least 1, got 0"):
        annotator(lambda request: GOOD, attempts=0)


async def test_a_refusal_is_an_answer_and_told_as_one():
    refusing = annotator(lambda request: "[Analysis] That is after my time. [Refused] No idea.")
    answer = await refusing.write_answer(ASKED)
    assert (answer.response, answer.refused) == ("No idea.", True)
    assert not (await annotator(lambda request: GOOD).write_answer(ASKED)).refused
