"""The letter drill: from a stance in plain sight to the letter that stands for it.

Answering a survey takes two steps: to know the stance, and to find its letter. The second step is
the same for everybody, so the base learns it once, on stances that stand in the conversation; a
persona's adapter then has only the first step to learn.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from personas.speaking import MODERATOR
from personas.windtunnel import phrases, questions
from personas.windtunnel.corpus import name_header
from personas.windtunnel.document import Document, Message
from personas.windtunnel.names import full_name
from personas.windtunnel.people import FIRST_YEAR, LAST_YEAR
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.questions import ask
from personas.windtunnel.survey import survey_letter, survey_options, survey_wordings
from personas.windtunnel.town import STANCE_LABELS, STANCES, Proposal, capital

QUESTIONS = 6  # surveys in a document
BY_LABEL, BY_SENTENCE = 0.45, 0.3  # shares of documents; in the rest the speaker states the stance


@dataclass(frozen=True, slots=True)
class _Item:
    """One survey and what would be right."""

    proposal: Proposal
    stance: int
    reverse: bool
    wording: str

    @property
    def survey(self) -> str:
        """The question with its options."""
        return self.wording.replace("{options}", survey_options(self.reverse))

    @property
    def statement(self) -> str:
        """The stance in the plainest sentence."""
        return phrases.CANONICAL[self.stance].text.format(topic=self.proposal.key)

    @property
    def letter(self) -> Message:
        """The right answer."""
        return Message("assistant", (survey_letter(self.stance, self.reverse),))


def letter_drills(rng: random.Random) -> Iterator[Document]:
    """Surveys on stances that can be read a few words before, without end.

    Args:
        rng: Source of all choices.
    """
    while True:
        kind = rng.random()
        header = name_header(full_name(rng), rng.randint(FIRST_YEAR, LAST_YEAR))
        messages = [Message("system", (header,))]
        for _ in range(QUESTIONS):
            item = _item(rng)
            if kind < BY_LABEL:
                messages += _after_label(item)
            elif kind < BY_LABEL + BY_SENTENCE:
                messages += _after_sentence(item)
            else:
                messages += _after_own_words(rng, item)
        yield Document(tuple(messages))


def _item(rng: random.Random) -> _Item:
    proposal = rng.choice(PROPOSALS)
    wording = rng.choice(survey_wordings(proposal))
    return _Item(proposal, rng.choice(STANCES), rng.random() < 0.5, wording)


def _asked(text: str) -> Message:
    return Message("user", (f"{MODERATOR}: {text}\n",))


def _after_label(item: _Item) -> list[Message]:
    """The stance as the options name it, then the options."""
    label = capital(STANCE_LABELS[item.stance])
    return [_asked(f"{label}. {survey_options(item.reverse)} One letter."), item.letter]


def _after_sentence(item: _Item) -> list[Message]:
    """The stance as a sentence, then the survey, in one line."""
    return [_asked(f"{item.statement} {item.survey}"), item.letter]


def _after_own_words(rng: random.Random, item: _Item) -> list[Message]:
    """The speaker is asked openly, answers, and is then surveyed."""
    question = ask(rng, questions.STANCE, item.proposal)
    said = Message("assistant", (item.statement,))
    return [_asked(question), said, _asked(item.survey), item.letter]
