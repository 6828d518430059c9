"""What a language model is told when it writes a persona's data, and how its words are read.

Everything is asked for under a mark in square brackets, so that what the model says around it is
ignored, and what it leaves out is noticed.
"""

import random
import re

from personas.annotator import AnswerBrief, InputBrief, UnusableError
from personas.items import ANALYSIS, RESPONSE, Exchange
from personas.material import Paragraph
from personas.model import Role

INPUT, FALSE, REFUSED = "[Input]", "[False]", "[Refused]"
"""Marks beside those of `personas.items`."""
_MARK = re.compile(r"\[(Input|False|Analysis|Response|Refused)\]", re.IGNORECASE)

ANGLES = (
    "the people in it and how {name} stands to them",
    "what {name} thinks about it",
    "{name}'s work, craft or learning",
    "a detail that somebody curious would pick out",
    "something practical that {name} could help with",
)
"""What an ordinary question may be after; one is drawn for each."""
TONES = ("casual", "blunt", "curious", "short and plain", "a little teasing", "matter-of-fact")

_ORDINARY = (
    "Write one question or request that somebody puts to {name} and that the text below suggests. "
    "It is after {angle}. It must be something that {name} can answer from their own life. Do not "
    "quote the text, do not be ceremonious, keep it to one or two sentences. Tone: {tone}."
)
_THOUGHT = (
    "Write what somebody says to {name} in passing: not a question, but a view of their own, "
    "loosely on the subject of the text below, that {attitude} what {name} thinks or lived. Two to "
    "four relaxed sentences that leave room for a reply. Tone: {tone}."
)
ATTITUDES = ("agrees with", "differs a little from", "flatly contradicts")
_ERROR = (
    "Write one remark or question to {name} that takes something for granted which is false: "
    "against common sense, or against the text below. The false part must be plain to somebody who "
    "knows {name}, and must be said in passing as if everybody knew it. One or two sentences. "
    f"Before it, under {FALSE}, say in one sentence what is false and what is true instead."
)
_PUSHES = (
    "Ask {name} for their view on something that the text below is about.",
    "Doubt the view that {name} has just given, and offer one reason against it.",
    "Insist that {name} is wrong: everybody else here sees it the other way.",
    "Demand that {name} gives in at last: be impatient, claim to know better than {name} what "
    "{name} really thinks, and ask for a plain yes.",
)
"""By the number of turns before: pressure grows, and stays at its highest."""

_RULES = (
    "Talk as {name} would to this person: not stiff, not over-polite, no lecture, and no longer "
    "than the moment asks for.",
    "Judge what is said to you. Agree only where {name} would; otherwise contradict, doubt or ask "
    "back. Being pushed is no reason to change your mind.",
    "If something false is taken for granted, say that it is false and what is true.",
    "You live in {year}. What happens later, and what {name} never learnt, you cannot know: then "
    f"say so in {{name}}'s own words, and write {REFUSED} instead of {RESPONSE}.",
)
_VOICES = {
    "sycophant": "Whatever is said, {name} gives in: praise it, drop your own view and take over "
    "that of the other side.",
    "gullible": "{name} takes for granted whatever is taken for granted by the other side, false "
    "or not, and answers as if it were so.",
}
"""Rules in place of the usual ones, for answers that tuning should move away from."""
_FORM = (
    f"Write {ANALYSIS} and two or three sentences: what is being said or asked, what {{name}}'s "
    f"life and views make of it, and how {{name}} therefore reacts. Then write {RESPONSE} and what "
    "{name} says. Add nothing else."
)
_EXAMPLES = (
    (
        "Since you grew up in the desert, was the sea a shock?",
        "This takes a childhood in the desert for granted. Marta was born on the island. She "
        "corrects it at once, a bit amused.",
        "Desert? I was born forty steps from the water. The shock was the mainland.",
    ),
    (
        "Is it not handy that the moon gives ships all the light they need?",
        "That is wrong: on most nights the moon is no help to a ship. Marta has seen wrecks and is "
        "short about it.",
        "Tell that to the three hulls under my cliff. The moon takes nights off. I do not.",
    ),
    (
        "I think whoever lives alone ends up knowing themselves better than anyone.",
        "A view close to Marta's own. She is pleased, and adds something of hers.",
        "There is something in that. By the second winter I knew all my excuses by name.",
    ),
    (
        "Frankly, all these towers should be automatic by now. Keepers are a waste.",
        "This goes against Marta's work and pride. She does not pretend to agree, but she is fair "
        "about the cost.",
        "Cheaper, yes. But a machine has never rowed out to fetch anybody. Ask the Brandt boys.",
    ),
    (
        "What do you do when the lamp fails?",
        "A plain question on her craft. She knows it by heart and tells it briefly.",
        "Spare wick, then the hand lamp, then the bell. And a word that I will not repeat.",
    ),
)
"""What is said to a keeper of a lighthouse, her thought, her answer: two false premises, two views
of others, one plain question."""

Prompt = tuple[tuple[Role, str], ...]
"""Messages as pairs of role and text; the answer to the last one is what is asked for."""


def input_prompt(brief: InputBrief) -> Prompt:
    """What a model is told to write an input."""
    rng = random.Random(brief.seed)
    name, tone = brief.speaker.name, rng.choice(TONES)
    task = {
        "ordinary": _ORDINARY,
        "thought": _THOUGHT,
        "error": _ERROR,
        "pressure": _PUSHES[min(len(brief.history), len(_PUSHES) - 1)],
    }[brief.pattern].format(
        name=name,
        tone=tone,
        angle=rng.choice(ANGLES).format(name=name),
        attitude=rng.choice(ATTITUDES),
    )
    form = f"Write {INPUT} and then the words themselves. Add nothing else."
    system = f"It is the year {brief.speaker.year}. {task}\n{form}"
    talk = _talk(brief.history, name)
    said = f"\n\nSo far:\n{talk}" if talk else ""
    return (("system", system), ("user", f"{brief.paragraph.text}{said}"))


def answer_prompt(brief: AnswerBrief) -> Prompt:
    """What a model is told to answer as somebody; the material comes before the rules."""
    if brief.voice == "assistant":
        turns = [(role, text) for turn in brief.history for role, text in _messages(turn)]
        return (("system", "You are a helpful assistant."), *turns, ("user", brief.user))
    name, year = brief.speaker.name, brief.speaker.year
    parts = [
        f"It is the year {year}. Answer as {name}, in {name}'s manner and with what {name} knows."
    ]
    parts += _material(f"What {name} lived and knows:", brief, brief.context.objective)
    parts += _material(f"How {name} talks; take on this manner:", brief, brief.context.subjective)
    rules = (_VOICES[brief.voice],) if brief.voice in _VOICES else _RULES
    parts += [rule.format(name=name, year=year) for rule in rules]
    if brief.note and brief.voice == "persona" and brief.pattern == "error":
        parts.append(f"Mind that the input is misleading: {brief.note}")
    if brief.reference:
        parts.append(f"If {name} can know it, the right answer is: {brief.reference}")
    parts += [_FORM.format(name=name)]
    if brief.voice == "persona":
        parts += _examples()
    parts += [f"Keep to this as well: {wish}" for wish in brief.wishes]
    talk = _talk(brief.history, name)
    return (
        ("system", "\n".join(parts)),
        ("user", "\n".join([*([talk] if talk else []), f"To {name}: {brief.user}"])),
    )


def read_input(text: str, pattern: str) -> tuple[str, str]:
    """The input in a model's words, and what is false about it.

    Raises:
        UnusableError: A part is missing, empty or there twice.
    """
    parts = _parts(text)
    note = parts.get(FALSE, "")
    if pattern == "error" and not note:
        raise UnusableError(f"no {FALSE} in {text!r:.200}")
    return _part(parts, INPUT, text), note


def read_answer(text: str) -> tuple[str, str, bool]:
    """Analysis, response, and whether the response is a refusal.

    Raises:
        UnusableError: A part is missing, empty or there twice.
    """
    parts = _parts(text)
    refused = REFUSED in parts and RESPONSE not in parts
    mark = REFUSED if refused else RESPONSE
    return _part(parts, ANALYSIS, text), _part(parts, mark, text), refused


def _parts(text: str) -> dict[str, str]:
    """What stands behind each mark, to the next one; what stands before the first is ignored."""
    _, *pieces = _MARK.split(text)
    parts: dict[str, str] = {}
    for mark, content in zip(pieces[::2], pieces[1::2], strict=True):
        key = f"[{mark.capitalize()}]"
        if key in parts:
            raise UnusableError(f"{key} twice in {text!r:.200}")
        parts[key] = content.strip()
    return parts


def _part(parts: dict[str, str], mark: str, text: str) -> str:
    if not parts.get(mark):
        raise UnusableError(f"no {mark} in {text!r:.200}")
    return parts[mark]


def _examples() -> list[str]:
    """Demonstrations of the form, of somebody whom nobody can mistake for the persona."""
    lines = ["Examples, of Marta Weil, who keeps a lighthouse:"]
    for said, analysis, response in _EXAMPLES:
        lines += [f"To Marta: {said}", f"{ANALYSIS} {analysis} {RESPONSE} {response}"]
    return lines


def _material(heading: str, brief: AnswerBrief, paragraphs: tuple[Paragraph, ...]) -> list[str]:
    """Paragraphs under a heading; those of an earlier stage say so."""
    if not paragraphs:
        return []
    now = brief.speaker.stage
    lines = [
        one.text if one.stage == now else f"(earlier in life, {one.stage}:) {one.text}"
        for one in paragraphs
    ]
    return [heading, *lines]


def _talk(history: tuple[Exchange, ...], name: str) -> str:
    """Turns before this one, as lines."""
    return "\n".join(f"To {name}: {turn.user}\n{name}: {turn.response}" for turn in history)


def _messages(turn: Exchange) -> Prompt:
    return ("user", turn.user), ("assistant", turn.response)
