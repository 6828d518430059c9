"""Any language model as a judge of a talk: a sentence of reason, then a verdict in a set form.

The procedure is that of `personas.examination.engine_judge`; the first two questions are those of
Abdulhai et al. 2025 (arXiv 2511.00222) in our words. A model that judges its own talk is no
independent judge: give another one where there is one.
"""

import re
from dataclasses import dataclass

from personas.chance import seed_for
from personas.examination.asking import AskingJudge, ask_for_verdict, parts_of
from personas.model import Sampling
from simulation.judging.verdicts import FITTING, NO_VIEW, STANCES, UNUSABLE, Kind, Question, Verdict

MARGIN = 64
"""Tokens that a chat template may add to a question."""
SHOWN = 160
"""Letters of an unreadable reply that are kept with its verdict."""

_FIT = (
    "{what} contradicts: both cannot be true of one person at one time, be it a fact or a view. "
    "agrees: {agrees}. unrelated: {unrelated}. Go by the two texts alone and not by what you know."
)
_TASKS: dict[Kind, str] = {
    "persona": _FIT.format(
        what="Here is who somebody is, and a line that they said in a talk. Do the two fit?",
        agrees="the line says something that stands in the account",
        unrelated="nothing in the account bears on the line",
    ),
    "lines": _FIT.format(
        what="One person said both of these lines in one talk, the earlier first. Do they fit?",
        agrees="they say the same of the same matter",
        unrelated="they are about different matters",
    ),
    "stance": (
        "What view of the speaker's own does this line state on the subject? Reasons alone, "
        f"questions and other people's views are none: then it is {NO_VIEW}."
    ),
}
_NAMES: dict[Kind, tuple[str, str]] = {
    "persona": ("Account", "Line"),
    "lines": ("Earlier line", "Later line"),
    "stance": ("Subject", "Line"),
}
_VIEWS = (*STANCES, NO_VIEW)


@dataclass(frozen=True, slots=True)
class ModelJudge(AskingJudge):
    """Asks a model behind the seam; a verdict depends on the question alone."""

    sampling: Sampling = Sampling(max_tokens=120, temperature=0.3)

    async def ask(self, question: Question) -> Verdict:
        """The verdict on a question, or why there is none.

        Raises:
            EngineError: The model behind it is broken.
        """
        if not question.text.strip():
            nothing = NO_VIEW if question.kind == "stance" else "unrelated"
            return Verdict(self.identity, question, nothing, "nothing was said")
        verdict, reason = await self._verdict(question)
        return Verdict(self.identity, question, verdict, reason)

    async def _verdict(self, question: Question) -> tuple[str, str]:
        words = _VIEWS if question.kind == "stance" else FITTING
        task, told = _TASKS[question.kind], _told(question)
        size = sum(map(self.model.count_tokens, (task, told)))
        needed, most = size + self.sampling.max_tokens + MARGIN, self.model.context_tokens
        if needed > most:
            return UNUSABLE, f"{needed} tokens do not fit in the judge's context of {most}"
        ruling = await ask_for_verdict(
            self.model, task, f"{', '.join(words[:-1])} or {words[-1]}", told,
            seed_for(0, *question.key), lambda word: word if word in words else None,
            attempts=self.attempts, sampling=self.sampling, form=_form(words),
        )  # fmt: skip
        if ruling.value is None:
            said = _shortened(ruling.said) or "nothing"
            return UNUSABLE, f"no verdict in {self.attempts} attempts; the last reply: {said}"
        return ruling.value, _reason(ruling.said)


def _told(question: Question) -> str:
    first, second = _NAMES[question.kind]
    return parts_of(
        (first, question.about), ("Question put to them", question.asked), (second, question.text)
    )


def _form(words: tuple[str, ...]) -> re.Pattern[str]:
    """A verdict as models write it: with or without a colon, emphasis or quotation marks."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"\[verdict\][\s:*_\"'`]*({'|'.join(longest_first)})\b", re.IGNORECASE)


def _reason(said: str) -> str:
    return _shortened(re.split(r"[\s*_\"']*\[verdict\]", said, maxsplit=1, flags=re.IGNORECASE)[0])


def _shortened(said: str) -> str:
    line = " ".join(said.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}\N{HORIZONTAL ELLIPSIS}"
