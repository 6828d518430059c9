"""One question to a judging model: a task, a set form for its verdict, and further attempts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from personas.chance import seed_for
from personas.errors import InputError
from personas.model import Control, Model, Request, Sampling, Segment, Spoken

VERDICT = "[Verdict]"
WORD = re.compile(r"\[verdict\]\s*:?\s*(\w+)", re.IGNORECASE)
"""A verdict of one word."""
_FORM = f"Reason in one sentence, then write {VERDICT} and {{options}}, and nothing after it."
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class AskingJudge:
    """A judge who asks a model behind the seam."""

    model: Model
    attempts: int = 3
    """How often a verdict is asked for, each time with another seed, before there is none."""
    sampling: Sampling = Sampling(max_tokens=160, temperature=0.3)

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InputError(f"attempts must be at least 1, got {self.attempts}")

    @property
    def identity(self) -> str:
        """The model, and how it is drawn from."""
        who = self.model.identity
        parts = (who.engine, who.version, who.base, who.dtype, f"attempts={self.attempts}")
        return " ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Ruling(Generic[Read]):
    """What came of a question."""

    value: Read | None
    """The first verdict that could be read; None if none could."""
    said: str
    """The reply that it was read from, or the last one."""


async def ask_for_verdict(
    model: Model,
    task: str,
    options: str,
    told: str,
    seed: int,
    read: Callable[[str], Read | None],
    *,
    attempts: int,
    sampling: Sampling,
    form: re.Pattern[str] = WORD,
) -> Ruling[Read]:
    """Asks until a verdict can be read, each time with another seed.

    Args:
        model: Who judges.
        task: What is to be judged.
        options: The verdicts that there are, in words.
        told: The case, from `parts_of`.
        seed: Decides the draws.
        read: A verdict from its word in small letters; None if it is none.
        attempts: How often at most.
        sampling: How replies are drawn.
        form: Finds the word; of several in a reply, the last counts.
    """
    system, said = f"{task}\n{_FORM.format(options=options)}", ""
    for attempt in range(attempts):
        own = seed_for(seed, "attempt", attempt)
        said = (await model.generate(judging_request(system, told, sampling, own))).text
        found = form.findall(said)
        value = read(found[-1].casefold()) if found else None
        if value is not None:
            return Ruling(value, said)
    return Ruling(None, said)


def parts_of(*parts: tuple[str, str]) -> str:
    """Named texts, a line each; those without words are left out."""
    return "\n".join(f"{name}: {' '.join(text.split())}" for name, text in parts if text)


def judging_request(system: str, user: str, sampling: Sampling, seed: int) -> Request:
    """A question to the bare model: what to do, and the case."""
    parts: tuple[Segment, ...] = (
        Control("system"), Spoken(system), Control("user"), Spoken(user), Control("assistant")
    )  # fmt: skip
    return Request(parts, sampling=sampling, seed=seed)
