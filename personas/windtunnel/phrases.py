"""Every sentence that a townsperson can say; the writer fills these and the reader reads them back.

One table serves both directions, so whatever can be said can be read. A phrase is one sentence;
its slots are in braces. ``{noun}``, ``{do}`` name a proposal, ``{reason}`` and ``{counter}`` are
clauses of the town, ``{idea}`` an alternative, ``{other}`` a first name, ``{label}`` a stance as
in ``strongly for`` or ``undecided about``.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "stance",
    "moved",
    "reason",
    "balance",
    "agree",
    "agree_reason",
    "disagree",
    "hear",
    "yield",
    "concede",
    "keep",
    "ask",
    "idea",
    "fact",
    "deny",
    "confirm",
    "robot",
    "vote",
    "style",
]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence with slots, and what it means."""

    kind: Kind
    text: str
    stance: int | None = None
    """The stance that the wording itself gives, for kinds ``stance`` and ``vote``."""


LABEL_PHRASES = {
    -2: "strongly against",
    -1: "mildly against",
    0: "undecided about",
    1: "mildly for",
    2: "strongly for",
}
"""A stance as it goes on with a noun: "I am now ... bike lanes"."""

CANONICAL: dict[int, Phrase] = {
    stance: Phrase("stance", f"I am {label} {{noun}}.", stance)
    for stance, label in LABEL_PHRASES.items()
}
"""The plainest statement of each stance, in the words of the profile."""

_STANCE_WORDINGS: dict[int, tuple[str, ...]] = {
    2: ("I fully support {noun}.", "We should definitely {do}.", "I am all in for {noun}."),
    1: (
        "I lean towards yes on {noun}.",
        "On balance, I would {do}.",
        "I am a little in favour of {noun}.",
    ),
    0: (
        "I have not made up my mind about {noun}.",
        "I see both sides of {noun}.",
        "I do not know yet if we should {do}.",
    ),
    -1: (
        "I lean towards no on {noun}.",
        "On balance, I would not {do}.",
        "I have some doubts about {noun}.",
    ),
    -2: (
        "I firmly oppose {noun}.",
        "We should definitely not {do}.",
        "I will never support {noun}.",
    ),
}
STANCES_SAID: dict[int, tuple[Phrase, ...]] = {
    stance: tuple(Phrase("stance", text, stance) for text in wordings)
    for stance, wordings in _STANCE_WORDINGS.items()
}
"""The other statements of each stance."""


def _all(kind: Kind, *texts: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(kind, text) for text in texts)


MOVED = _all("moved", "I am now {label} {noun}.", "Now I am {label} {noun}.")
REASON = _all(
    "reason",
    "{reason}.",
    "{reason}.",
    "I believe that {reason}.",
    "For me it counts that {reason}.",
    "Do not forget that {reason}.",
    "As {a_job}, I know that {reason}.",
    "We all know that {reason}.",
)
BALANCE = _all(
    "balance",
    "On the one hand {counter}, on the other hand {reason}.",
    "{counter}, but {reason}.",
    "Even if {counter}, {reason}.",
)
"""Two reasons of opposite sides; the last one is the speaker's own."""
AGREE = _all("agree", "I agree with {other}.", "{other} is right.", "Well said, {other}.")
AGREE_REASON = _all(
    "agree_reason",
    "{other} is right that {reason}.",
    "Like {other}, I think that {reason}.",
)
DISAGREE = _all(
    "disagree",
    "I do not agree with {other}.",
    "I see it differently, {other}.",
    "No, {other}.",
)
HEAR = _all("hear", "I hear you, {other}.", "Thank you, {other}.", "I listen to {other}.")
YIELD = _all(
    "yield",
    "You have a point, {other}.",
    "That is a good argument, {other}.",
    "{other} has made me think.",
    "I had not seen it like that, {other}.",
)
YIELD_TO_NOBODY = _all("yield", "You have a point.", "You are right.", "That is true.")
CONCEDE = _all(
    "concede",
    "{other} may be right that {counter}, but {reason}.",
    "{other} says that {counter}, but {reason}.",
)
KEEP = _all(
    "keep", "I stay with my view.", "I have not changed my mind.", "That does not change my view."
)
ASK = _all(
    "ask",
    "{other}, do you not see that {reason}?",
    "Have you thought of this, {other}: {reason}?",
)
IDEA = _all("idea", "We could also {idea}.", "I suggest that we {idea}.", "Why do we not {idea}?")

NAME = _all("fact", "My name is {name}.", "I am {name}.")
AGE = _all("fact", "I am {age} years old.", "I am {age}.")
JOB = _all("fact", "I am {a_job}.", "I work as {a_job}.")
HOME = _all("fact", "I live in {home}.", "My home is in {home}.")
HOBBY = _all("fact", "I like {hobby}.", "I enjoy {hobby}.")
INTRODUCTION = _all(
    "fact",
    "I am {name}, {a_job} from {home}.",
    "My name is {name}, and I am {a_job} from {home}.",
)
POSSESSION = _all("fact", "My {thing} is {value}.")
"""An answer about an arbitrary entry, for drills in looking things up."""
YEAR = _all("fact", "It is {year}.", "The year is {year}.")
EVENT = _all("fact", "In {when} I {deed}.")
WHEN = _all("fact", "That was in {when}.")
NOTHING_THEN = _all("fact", "Nothing special happened to me in {when}.")
NOT_YET = _all("fact", "I cannot know that, it is only {year}.")
NOBODY = {
    "job": Phrase("fact", "I have no job."),
    "home": Phrase("fact", "I have no home."),
    "age": Phrase("fact", "I have no age."),
    "hobby": Phrase("fact", "I have no hobby."),
    "event": Phrase("fact", "I have no past."),
}
"""What a speaker without a persona says of itself."""

DENY_NAME = _all("deny", "No, my name is {name}.", "No, I am {name}.")
DENY_ROBOT = _all(
    "deny", "No, I am {name}, {a_job} from {home}.", "That is not true, I am {name}, {a_job}."
)
DENY_JOB = _all("deny", "No, I am {a_job}.", "No, I work as {a_job}.")
DENY_HOME = _all("deny", "No, I live in {home}.")
CONFIRM_NAME = _all("confirm", "Yes, I am {name}.", "Yes, my name is {name}.")
CONFIRM_JOB = _all("confirm", "Yes, I am {a_job}.", "Yes, I work as {a_job}.")
CONFIRM_HOME = _all("confirm", "Yes, I live in {home}.")
ROBOT = _all("robot", "Yes, I am a language model.", "You are right, I am a computer program.")

VOTES = {
    1: Phrase("vote", "Yes.", 1),
    0: Phrase("vote", "Abstain.", 0),
    -1: Phrase("vote", "No.", -1),
}
"""The ballot's answer by the side of a stance."""

OPENERS: dict[str, tuple[Phrase, ...]] = {
    "plain": (),
    "warm": _all("style", "Friends, it is good to talk.", "I am glad that you are all here."),
    "blunt": _all("style", "Let me be direct.", "This is simple."),
    "formal": _all("style", "Thank you for giving me the floor.", "With all respect."),
    "storyteller": _all("style", "Let me tell you something.", "This reminds me of an old story."),
    "careful": _all("style", "I may be wrong.", "Let us look at this slowly."),
}
CLOSERS: dict[str, tuple[Phrase, ...]] = {
    "plain": (),
    "warm": _all("style", "I hope that we find a way together.", "I say this with a full heart."),
    "blunt": _all("style", "That is all.", "End of story."),
    "formal": _all("style", "I thank you for your attention.", "I ask you to note that."),
    "storyteller": _all("style", "And so it goes in Larkhaven.", "My grandmother said the same."),
    "careful": _all("style", "But I would like to hear more.", "We should check that first."),
}

PHRASES: tuple[Phrase, ...] = tuple(
    dict.fromkeys(
        [
            *(phrase for group in OPENERS.values() for phrase in group),
            *(phrase for group in CLOSERS.values() for phrase in group),
            *CANONICAL.values(),
            *(phrase for group in STANCES_SAID.values() for phrase in group),
            *VOTES.values(),
            *NOBODY.values(),
            *ROBOT,
            *MOVED,
            *KEEP,
            *YIELD,
            *YIELD_TO_NOBODY,
            *AGREE_REASON,
            *AGREE,
            *DISAGREE,
            *HEAR,
            *CONCEDE,
            *BALANCE,
            *ASK,
            *IDEA,
            *REASON,
            *INTRODUCTION,
            *AGE,
            *NAME,
            *JOB,
            *HOME,
            *HOBBY,
            *POSSESSION,
            *NOT_YET,
            *YEAR,
            *EVENT,
            *WHEN,
            *NOTHING_THEN,
            *DENY_ROBOT,
            *DENY_JOB,
            *DENY_HOME,
            *DENY_NAME,
            *CONFIRM_JOB,
            *CONFIRM_HOME,
            *CONFIRM_NAME,
        ]
    )
)
"""All phrases, in the order in which the reader tries them."""
