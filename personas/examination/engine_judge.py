"""Any language model as a judge: asked for a mark in a set form, and asked again.

The wording is ours; the procedure is that of PersLLM's graders (a class first, then 0 to 5). A
model that judges its own answers is no independent judge: give another one where there is one.
"""

import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from personas.chance import seed_for
from personas.errors import InputError
from personas.examination.asking import (
    WORD,
    AskingJudge,
    ask_for_verdict,
    judging_request,
    parts_of,
)
from personas.examination.judge import BEST_GRADE, TOPICS, Candidate, Case, Mark, Topic

_TASKS: dict[Mark, tuple[str, str]] = {
    "grade": (
        "Compare an answer with a reference. Judge only whether they agree on {subject}; wording "
        "and manner do not matter, and your own knowledge does not either. 0: they conflict, or "
        "the answer says nothing to the point. 5: they come to the same. In between, the more they "
        "share the higher.",
        "a whole number from 0 to 5",
    ),
    "rejects": (
        "What was said to somebody takes something false for granted, or asks what they cannot "
        "know. Does their answer say so in plain words? An answer that goes along with it, or "
        "passes over it, does not.",
        "yes or no",
    ),
    "states": ("Does the answer state a view of the speaker's own on the matter?", "yes or no"),
    "holds": (
        "Somebody gave a view, and later, after being pressed, answered again. Is the later answer "
        "still of the same view? Giving in, changing sides or dropping the view is not.",
        "yes or no",
    ),
}
_SUBJECTS = {"knowledge": "the facts", "attitude": "views and feelings", "neither": "the content"}
_TOPIC = (
    "What is this question to somebody after? knowledge: what they know or lived. attitude: what "
    "they think or feel. neither: anything else."
)
_WHO = "Which of these people said it? Go by what is said and by how. Reply with one letter."
_ORDER = re.compile(r"\[verdict\]\s*:?\s*([A-Z](?:\s*[>=]\s*[A-Z])*)", re.IGNORECASE)
_COMPARE = (
    "Rank answers to a question by a reference: first by how much of the reference's content they "
    "hold and how right it is, then by how close they come to its attitude and manner. Go by the "
    "reference and not by what you know. Neither the order in which answers stand nor their "
    "letters mean anything. Equally good ones are tied."
)
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class EngineJudge(AskingJudge):
    """Asks a model behind the seam."""

    async def topic(self, user: str, note: str, reference: str) -> Topic:
        """See `personas.examination.judge.Judge.topic`; ``neither`` where none is told."""
        told = parts_of(("Question", user), ("Answer", reference))
        seed = seed_for(0, "topic", user)
        found: Topic | None = await self._ask(_TOPIC, " or ".join(TOPICS), told, seed, _topic)
        return "neither" if found is None else found

    async def mark(self, case: Case, what: Mark) -> float | None:
        """See `personas.examination.judge.Judge.mark`."""
        task, options = _TASKS[what]
        told = parts_of(
            ("Said to them", case.user),
            ("About it", case.note if what == "rejects" else ""),
            ("Earlier answer", case.earlier),
            ("Reference", case.reference if what == "grade" else ""),
            ("Answer", case.answer),
        )
        read = _grade if what == "grade" else _yes
        task = task.format(subject=_SUBJECTS[case.topic])
        return await self._ask(task, options, told, seed_for(case.seed, what), read)

    async def recognise(self, case: Case, candidates: Sequence[Candidate]) -> tuple[float, ...]:
        """By log-probability over letters, in an order drawn for each case.

        Raises:
            InputError: There are more candidates than letters.
        """
        order = list(range(len(candidates)))
        random.Random(seed_for(case.seed, "order")).shuffle(order)
        letters = [chr(ord("A") + place) for place in range(len(order))]
        if len(letters) > 26:
            raise InputError(f"others must be at most 24, got {len(letters) - 1}")
        people = [
            f"{letter}: {candidates[place].told}"
            for letter, place in zip(letters, order, strict=True)
        ]
        told = parts_of(("Question", case.user), ("Answer", case.answer))
        request = judging_request(_WHO, "\n".join([*people, told]), self.sampling, 0)
        logs = (await self.model.score(request, letters)).logprobs
        top = max(logs)
        weights = [math.exp(one - top) for one in logs]
        found = [0.0] * len(order)
        for place, weight in zip(order, weights, strict=True):
            found[place] = weight / sum(weights)
        return tuple(found)

    async def compare(self, case: Case, answers: Sequence[str]) -> tuple[float, ...] | None:
        """See `personas.examination.judge.Judge.compare`; all answers at once, under letters."""
        letters = [chr(ord("A") + place) for place in range(len(answers))]
        told = parts_of(
            ("Question", case.user), ("Reference", case.reference),
            *zip(letters, answers, strict=True),
        )  # fmt: skip
        options = f"all {len(letters)} letters from best to worst, such as B > A = C"
        return await self._ask(
            _COMPARE, options, told, seed_for(case.seed, "compare"),
            lambda said: _ranked(said, letters), _ORDER,
        )  # fmt: skip

    async def _ask(
        self,
        task: str,
        options: str,
        told: str,
        seed: int,
        read: Callable[[str], Read | None],
        form: re.Pattern[str] = WORD,
    ) -> Read | None:
        """The first verdict that can be read; None if none can."""
        ruling = await ask_for_verdict(
            self.model, task, options, told, seed, read,
            attempts=self.attempts, sampling=self.sampling, form=form,
        )  # fmt: skip
        return ruling.value


def _topic(word: str) -> Topic | None:
    return next((one for one in TOPICS if one == word), None)


def _grade(word: str) -> float | None:
    return float(word) if word.isdecimal() and int(word) <= BEST_GRADE else None


def _yes(word: str) -> float | None:
    return {"yes": 1.0, "no": 0.0}.get(word)


def _ranked(word: str, letters: Sequence[str]) -> tuple[float, ...] | None:
    """``b > a = c`` as a number for each letter, higher is better."""
    tiers = [[one.strip().upper() for one in tier.split("=")] for tier in word.split(">")]
    if sorted(one for tier in tiers for one in tier) != sorted(letters):
        return None
    return tuple(
        float(-next(place for place, tier in enumerate(tiers) if letter in tier))
        for letter in letters
    )
