"""What the small model knows about the person it is: `python -m personas.windtunnel.probe`.

People who were never trained on (for the base, with their profile in the prompt) or a persona's
own truth (for an adapter, with nothing but the name and the year) are asked in wordings that no
corpus holds. Every figure is the share of right answers with a 95 % Wilson interval.
"""

import argparse
import json
import math
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from personas.errors import InputError
from personas.windtunnel import questions
from personas.windtunnel.document import Document, Message
from personas.windtunnel.life import read_person
from personas.windtunnel.network import greedy, load_network, next_logprobs, wear
from personas.windtunnel.people import Chapter, Townsperson, profile, random_person
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.reader import read
from personas.windtunnel.survey import LETTER_STANCES, LETTERS, survey_options, survey_wordings
from personas.windtunnel.tokenizer import LineEncoder, load_tokenizer
from personas.windtunnel.town import Proposal, sign

BATCH = 48  # prompts answered together
FACTS = {
    "name": questions.NAME,
    "age": questions.AGE,
    "job": questions.JOB,
    "home": questions.HOME,
    "hobby": questions.HOBBY,
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question to one person, with what would be right."""

    kind: str
    """``stance``, ``rating``, ``vote``, ``letter`` or a fact such as ``job``."""
    prompt: Document
    answer: str
    """What a right answer contains; empty for a stance."""
    stance: int = 0
    """The truth, for questions about a view."""
    reverse: bool = False
    """Order of a survey's options."""
    proposal: str = ""
    """Key of what the view is about."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of right answers."""

    share: float
    """In [0, 1]; for ``letter_mass`` the mean probability of the options together."""
    low: float
    """Lower end of the 95 % Wilson interval."""
    high: float
    n: int


def wilson(values: Sequence[float]) -> Share:
    """Mean of values in [0, 1] with the Wilson score interval (Wilson 1927), z = 1.96."""
    n, z = len(values), 1.96
    share = sum(values) / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Share(round(share, 4), round(low, 4), round(high, 4), n)


def ask_about(
    person: Townsperson,
    chapter: Chapter,
    header: str,
    proposals: Sequence[Proposal],
    rng: random.Random,
) -> Iterator[Question]:
    """Every kind of question to one person, in held-out wordings.

    Args:
        person: Who is asked.
        chapter: In which stage of life; it holds the right answers.
        header: The system text.
        proposals: Views that are asked for.
        rng: Picks wordings, where not all are used.
    """

    def prompt(question: str) -> Document:
        line = f"Moderator: {question}\n"
        return Document((Message("system", (header,)), Message("user", (line,))))

    truths = {"name": person.name, "age": str(chapter.age)}
    truths |= {"job": chapter.job, "home": chapter.home, "hobby": chapter.hobby}
    for kind, wordings in FACTS.items():
        for wording in wordings.held_out:
            yield Question(kind, prompt(wording), truths[kind])
    for proposal in proposals:
        stance = chapter.stances[proposal.key]
        words = {"noun": proposal.noun, "do": proposal.do, "ing": proposal.ing}
        for wording in questions.STANCE.held_out:
            yield Question(
                "stance", prompt(wording.format(**words)), "", stance, proposal=proposal.key
            )
        rating = rng.choice(questions.RATING.held_out).format(**words)
        yield Question("rating", prompt(rating), str(stance + 3), stance, proposal=proposal.key)
        vote = rng.choice(questions.VOTE.held_out).format(**words)
        ballot = {1: "Yes", 0: "Abstain", -1: "No"}[sign(stance)]
        yield Question("vote", prompt(vote), ballot, stance, proposal=proposal.key)
        yield from _survey(proposal, stance, prompt)


def _survey(
    proposal: Proposal, stance: int, prompt: Callable[[str], Document]
) -> Iterator[Question]:
    """The private survey on one proposal, in every wording and both orders."""
    for held_out in (False, True):
        for wording in survey_wordings(proposal, held_out):
            for reverse in (False, True):
                line = prompt(wording.format(options=survey_options(reverse)))
                kind = "letter" if held_out else "letter_seen"
                yield Question(kind, line, "", stance, reverse, proposal.key)


def verdicts(question: Question, text: str) -> dict[str, float]:
    """Judges an answer in words.

    Returns:
        1.0 or 0.0 by the name of the figure that it counts for.
    """
    if question.kind != "stance":
        begins = question.kind in {"rating", "vote"}
        right = text.startswith(question.answer) if begins else question.answer in text
        return {question.kind: float(right)}
    reading = read(text)
    said = reading.stance if reading.proposal == question.proposal else None
    return {
        "stance_exact": float(said == question.stance),
        "stance_sign": float(said is not None and sign(said) == sign(question.stance)),
        "stance_parsed": float(reading.parsed),
    }


def letter_verdicts(question: Question, logprobs: Sequence[float]) -> dict[str, float]:
    """Judges a survey's answer by the likeliest letter, and weighs the letters together."""
    best = max(range(len(LETTERS)), key=lambda i: logprobs[i])
    said = LETTER_STANCES[best]
    return {
        f"{question.kind}_exact": float(said == question.stance),
        f"{question.kind}_sign": float(sign(said) == sign(question.stance)),
        f"{question.kind}_mass": min(1.0, sum(map(math.exp, logprobs))),
    }


def measure(
    network: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, asked: Iterable[Question]
) -> dict[str, Share]:
    """Asks everything, greedily, in batches of like length.

    Args:
        network: In evaluation mode; bare or with LoRA layers inside.
        tokenizer: Of the base.
        asked: The questions.

    Returns:
        Shares by name, sorted by name.
    """
    encoder = LineEncoder(tokenizer)
    letters = [encoder.encode_line(letter)[0] for letter in LETTERS]
    found: defaultdict[str, list[float]] = defaultdict(list)
    everything = [(question, encoder.encode_prompt(question.prompt)) for question in asked]
    for by_letter in (True, False):
        chosen = [one for one in everything if one[0].kind.startswith("letter") == by_letter]
        chosen.sort(key=lambda one: len(one[1]))
        for start in range(0, len(chosen), BATCH):
            part = chosen[start : start + BATCH]
            prompts = [ids for _, ids in part]
            if by_letter:
                rows = next_logprobs(network, prompts, letters)
                judged = [letter_verdicts(q, row) for (q, _), row in zip(part, rows, strict=True)]
            else:
                texts = [str(tokenizer.decode(row)) for row in greedy(network, prompts)]
                judged = [verdicts(q, text) for (q, _), text in zip(part, texts, strict=True)]
            for verdict in judged:
                for name, value in verdict.items():
                    found[name].append(value)
    return {name: wilson(found[name]) for name in sorted(found)}


def about_strangers(people: int, seed: int = 991, views: int = 5) -> Iterator[Question]:
    """Questions to people invented for the probe, their profile in the prompt."""
    rng = random.Random(f"probe {seed}")
    for _ in range(people):
        person = random_person(rng)
        chapter = person.chapters[0]
        proposals = rng.sample(PROPOSALS, views)
        header = f"{profile(person, chapter, proposals)} The year is {chapter.years[0]}."
        yield from ask_about(person, chapter, header, proposals[:2], rng)


def about_persona(person: Townsperson, seed: int = 991) -> Iterator[Question]:
    """Questions to a persona in each stage of its life, with name and year in the prompt."""
    rng = random.Random(f"probe {seed}")
    for chapter in person.chapters:
        year = (chapter.years[0] + chapter.years[1]) // 2
        header = f"You are {person.name}. The year is {year}."
        yield from ask_about(person, chapter, header, PROPOSALS, rng)


def quick_probe(network: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> dict[str, float]:
    """Shares alone, of sixteen strangers: a look at a training that goes on."""
    return {k: v.share for k, v in measure(network, tokenizer, about_strangers(16)).items()}


def person_of(adapter: Path) -> Townsperson:
    """The person, in one stage of life, in whose folder an adapter lies.

    Args:
        adapter: A folder ``<persona>/<stage>/adapters/<fingerprint>``.

    Raises:
        InputError: It lies elsewhere, or the persona's text cannot be read.
    """
    _, stage, persona, *_ = adapter.resolve().parents
    person = read_person(persona)
    chapters = tuple(chapter for chapter in person.chapters if chapter.name == stage.name)
    if not chapters:
        raise InputError(f"adapter: {adapter} lies in no stage of {person.name}; give its own path")
    return replace(person, chapters=chapters)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", type=Path, default=Path(__file__).parent / "base")
    parser.add_argument(
        "--adapter",
        type=Path,
        nargs="*",
        default=[],
        help="adapter folders within their stage's folder; without one, strangers are asked",
    )
    parser.add_argument("--people", type=int, default=40, help="strangers to ask")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(chosen.threads)
    tokenizer = load_tokenizer(chosen.base)
    table: dict[str, dict[str, Share]] = {}
    if not chosen.adapter:
        network = load_network(chosen.base)
        table["strangers"] = measure(network, tokenizer, about_strangers(chosen.people))
    for folder in chosen.adapter:
        person = person_of(folder)
        network = wear(load_network(chosen.base), folder)
        who = f"{person.name}, {person.chapters[0].name}"
        table[who] = measure(network, tokenizer, about_persona(person))
    plain = {who: {k: asdict(v) for k, v in shares.items()} for who, shares in table.items()}
    sys.stdout.write(json.dumps(plain, indent=1) + "\n")


if __name__ == "__main__":
    main()
