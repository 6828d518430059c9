"""What a network knows about the person it is: it is asked, and its answers are judged.

Strangers with their profile in the prompt, for the base, or a persona with nothing but name and
year, for an adapter, are asked in wordings that no corpus holds. The whole table, with talks and
baselines, is put together in `probe_table`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from personas.errors import InputError
from personas.windtunnel.document import Document
from personas.windtunnel.life import read_person
from personas.windtunnel.network import greedy, next_logprobs
from personas.windtunnel.people import Townsperson
from personas.windtunnel.probe_questions import (
    PERSONA,
    QUICK,
    STRANGER,
    Depth,
    ask_everybody,
    stages,
    strangers,
)
from personas.windtunnel.probe_verdicts import Question, Share, ask_all, shares, tally
from personas.windtunnel.survey import LETTERS
from personas.windtunnel.tokenizer import LineEncoder

BATCH = 48  # prompts answered together
QUICK_PEOPLE = 16

T = TypeVar("T")


def use_threads(count: int) -> None:
    """Sets how many processor threads the network computes with.

    Raises:
        InputError: None.
    """
    if count < 1:
        raise InputError(f"threads must be at least 1, got {count}")
    torch.set_num_threads(count)


class NetworkRespondent:
    """A network that can be asked; it answers greedily, in batches of like length."""

    def __init__(self, network: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
        """Takes a network.

        Args:
            network: In evaluation mode; bare or with LoRA layers inside.
            tokenizer: Of the base.
        """
        self._network, self._tokenizer = network, tokenizer
        self.encoder = LineEncoder(tokenizer)

    def answers(self, prompts: Sequence[Document]) -> list[str]:
        """The likeliest words after each prompt."""
        return self._batched(
            prompts,
            lambda rows: [str(self._tokenizer.decode(row)) for row in greedy(self._network, rows)],
        )

    def letters(self, prompts: Sequence[Document]) -> list[list[float]]:
        """Natural log-probabilities of the letters after each prompt."""
        options = [self.encoder.encode_line(letter)[0] for letter in LETTERS]
        return self._batched(prompts, lambda rows: next_logprobs(self._network, rows, options))

    def _batched(
        self, prompts: Sequence[Document], ask: Callable[[list[list[int]]], list[T]]
    ) -> list[T]:
        """One answer a prompt, in the order of the prompts."""
        rows = [self.encoder.encode_prompt(prompt) for prompt in prompts]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found: dict[int, T] = {}
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            found.update(zip(part, ask([rows[i] for i in part]), strict=True))
        return [found[i] for i in range(len(rows))]


def measure(
    network: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, asked: Iterable[Question]
) -> dict[str, Share]:
    """Asks everything.

    Args:
        network: In evaluation mode; bare or with LoRA layers inside.
        tokenizer: Of the base.
        asked: The questions.

    Returns:
        Shares by figure, sorted by name.
    """
    return shares(tally(ask_all(NetworkRespondent(network, tokenizer), asked)))


def about_strangers(people: int, seed: int = 991, depth: Depth = STRANGER) -> Iterator[Question]:
    """Questions to people invented for the probe, their profile in the prompt."""
    return ask_everybody(strangers(people, seed), depth, seed)


def about_persona(
    person: Townsperson, seed: int = 991, stage: str | None = None, depth: Depth = PERSONA
) -> Iterator[Question]:
    """Questions to a persona in each stage of its life or in one, name and year in the prompt."""
    return ask_everybody(stages(person, stage), depth, seed)


def quick_probe(network: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> dict[str, float]:
    """Shares alone, of sixteen strangers: a look at a training that goes on, in some seconds."""
    asked = about_strangers(QUICK_PEOPLE, depth=QUICK)
    return {k: v.share for k, v in measure(network, tokenizer, asked).items()}


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
