"""Echoes: the assistant repeats arbitrary words, and learns to copy before it learns anything else.

Looking something up in a profile needs a network that finds an earlier occurrence of what it has
just read and goes on as the text went on there. On sentences alone this takes very long to
emerge; on pure repetition it takes minutes, and everything else builds on it.
"""

import random
from collections.abc import Iterator
from functools import cache

from personas.windtunnel import names
from personas.windtunnel.document import Document, Message
from personas.windtunnel.proposals import IDEAS, REASONS


def chants(rng: random.Random) -> Iterator[Document]:
    """Documents of a few echoes each, without end.

    Args:
        rng: Source of all choices.
    """
    while True:
        messages: list[Message] = []
        for _ in range(rng.randint(2, 4)):
            words = _words(rng, rng.randint(2, 12))
            messages += [Message("user", (words + "\n",)), Message("assistant", (words,))]
        yield Document(tuple(messages))


def _words(rng: random.Random, count: int) -> str:
    """Words of the town in no order, mixed with spellings that nobody has seen."""
    return " ".join(
        names.spelling(rng) if rng.random() < 0.4 else rng.choice(_lexicon()) for _ in range(count)
    )


@cache
def _lexicon() -> tuple[str, ...]:
    """Every word of the town's arguments and lists, once."""
    lists = (names.FIRST_NAMES, names.LAST_NAMES, names.JOBS, names.HOMES, names.HOBBIES)
    texts = [*REASONS, *IDEAS, *(text for listed in lists for text in listed)]
    return tuple(sorted({word for text in texts for word in text.split()}))
