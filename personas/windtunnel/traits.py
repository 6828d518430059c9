"""Who somebody is by nature: five traits, and statements about oneself that ask for them.

The traits are those of the five-factor model (Goldberg 1992, Psychological Assessment 4, 26-42;
McCrae and Costa 1987, Journal of Personality and Social Psychology 52, 81-90) under plain names.
The statements are in our own words and come from no published inventory. Half of them are
reverse-keyed: who agrees with everything, as language models tend to, contradicts itself there.

`curious` is openness to experience; a chapter's ``openness`` is something else, how easily a new
reason moves somebody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from personas.errors import InputError

FACTORS = {
    "curious": "openness to experience",
    "orderly": "conscientiousness",
    "outgoing": "extraversion",
    "kind": "agreeableness",
    "nervous": "neuroticism",
}
"""The five traits by their plain names, and what the literature calls them."""

LEVELS = {"low": -1, "middle": 0, "high": 1}
"""How much of a trait somebody has, by the word in a profile."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence about oneself that is true of people with much of a trait, or with little."""

    trait: str
    """A key of `FACTORS`."""
    facet: str
    """Which side of the trait it is about, such as ``order``."""
    key: int
    """+1 is true of people with much of the trait, -1 (reverse-keyed) of those with little."""
    text: str
    """One sentence in the first person: ``I like to try new things.``"""
    held_out: bool = False
    """Whether it is kept for probes and tests: training never sees it."""

    def __post_init__(self) -> None:
        if self.trait not in FACTORS:
            raise InputError(f"trait must be one of {', '.join(FACTORS)}, got {self.trait!r}")
        if self.key not in (1, -1):
            raise InputError(f"key of {self.text!r} must be 1 or -1, got {self.key}")
        if not self.text.endswith(".") or "." in self.clause:
            raise InputError(f"text must be one sentence with a full stop, got {self.text!r}")

    @property
    def clause(self) -> str:
        """The text without its full stop, as it stands in a question."""
        return self.text[:-1]


def agreement(traits: Mapping[str, str], statement: Statement) -> int:
    """The truthful answer to a statement.

    Args:
        traits: Level by trait.
        statement: What is asked.

    Returns:
        1 if it is true, 0 if it is partly true, -1 if it is not true of a person with the traits.
    """
    return LEVELS[traits[statement.trait]] * statement.key


def check_traits(traits: Mapping[str, str]) -> None:
    """Refuses traits that are not these five, each with a level.

    Raises:
        InputError: One is missing, unknown, or at no level.
    """
    missing = [trait for trait in FACTORS if trait not in traits]
    if missing:
        raise InputError(f"traits must tell all of {', '.join(FACTORS)}, missing {missing[0]!r}")
    for trait, level in traits.items():
        if trait not in FACTORS:
            raise InputError(f"traits must be {', '.join(FACTORS)}, got {trait!r}")
        if level not in LEVELS:
            raise InputError(f"trait {trait!r} must be low, middle or high, got {level!r}")


_TRAINED: dict[str, tuple[tuple[str, str, str], ...]] = {
    "curious": (
        ("new things", "I like to try new things.", "I would rather keep to what I know."),
        ("new things", "I love to see new places.", "I always go to the same places."),
        ("dreams", "I like to dream up stories.", "I have no use for dreams."),
        ("beauty", "A good song can bring me to tears.", "Songs and poems leave me cold."),
        ("ideas", "I like to think about hard questions.", "Hard questions bore me."),
        ("ideas", "I want to know how things work.", "I do not care how things work."),
        ("feelings", "I listen to my feelings.", "I seldom think about my feelings."),
        ("ways of life", "I like other ways of life.", "The old ways are good enough for me."),
    ),
    "orderly": (
        ("order", "I keep my things in order.", "I leave my things lying around."),
        ("order", "My room is always tidy.", "My room is a mess."),
        ("duty", "I do what I have promised.", "I often forget what I have promised."),
        ("goals", "I work hard to reach my goals.", "I only work as much as I must."),
        ("effort", "I start my work at once.", "I leave my work for tomorrow."),
        ("effort", "I finish what I begin.", "I leave many things half done."),
        ("care", "I think before I act.", "I act before I think."),
        ("plans", "I like to have a plan.", "I never make a plan."),
    ),
    "outgoing": (
        ("company", "I like to be with many people.", "I like to be alone."),
        ("company", "I feel at home at a party.", "I stay away from parties."),
        ("friends", "I make friends fast.", "It takes me long to make friends."),
        ("talk", "I talk a lot.", "I do not talk much."),
        ("lead", "I like to take the lead.", "I let others take the lead."),
        ("pace", "I am always on the move.", "I like to take things slowly."),
        ("noise", "I love it when a lot is going on.", "I like it best when all is quiet."),
        ("joy", "I laugh loud and often.", "I seldom laugh out loud."),
    ),
    "kind": (
        ("help", "I like to help other people.", "The problems of others are not mine."),
        ("help", "I give my time to people in need.", "I think of myself first."),
        ("trust", "I trust other people.", "I trust nobody."),
        ("honesty", "I never lie to other people.", "I would lie to get what I want."),
        ("peace", "I soon forgive other people.", "I never forgive a wrong."),
        ("peace", "I try not to start a quarrel.", "I like a good quarrel."),
        ("pride", "I am no better than others.", "I am better than most people."),
        ("pity", "I feel for people who are sad.", "The tears of others leave me cold."),
    ),
    "nervous": (
        ("worry", "I worry about many things.", "I hardly ever worry."),
        ("worry", "I often fear that things will go wrong.", "I am sure that all will go well."),
        ("anger", "I get angry fast.", "It takes a lot to make me angry."),
        ("sadness", "I often feel sad.", "I seldom feel sad."),
        ("shyness", "I feel bad when people look at me.", "I do not mind when people look at me."),
        ("trouble", "I lose my head when there is trouble.", "I stay calm when there is trouble."),
        ("mood", "My mood goes up and down.", "My mood is the same every day."),
        ("sleep", "I lie awake at night.", "I sleep well at night."),
    ),
}
"""By trait: facet, statement keyed +1, statement keyed -1."""

_HELD_OUT: dict[str, tuple[tuple[str, str, str], ...]] = {
    "curious": (
        ("new things", "I like to do new things.", "I like to do the same things every day."),
        ("ideas", "I like to hear about new ideas.", "New ideas bore me."),
    ),
    "orderly": (
        ("order", "My table is always tidy.", "My table is a mess."),
        ("effort", "I finish my work in time.", "I leave my work half done."),
    ),
    "outgoing": (
        ("company", "I like to go to parties.", "I feel at home when I am alone."),
        ("talk", "I talk to many people.", "I like to be quiet."),
    ),
    "kind": (
        ("help", "I help people in need.", "I do not like to help other people."),
        ("trust", "I trust most people.", "I never trust other people."),
    ),
    "nervous": (
        ("worry", "I often worry at night.", "I seldom worry about things."),
        ("trouble", "I often lose my head.", "I am calm most of the time."),
    ),
}
"""The same for what training never sees: near to it in sense, another sentence in words."""


def _statements(
    table: Mapping[str, tuple[tuple[str, str, str], ...]], held_out: bool
) -> tuple[Statement, ...]:
    return tuple(
        Statement(trait, facet, key, text, held_out)
        for trait, rows in table.items()
        for facet, agreed, reversed_text in rows
        for key, text in ((1, agreed), (-1, reversed_text))
    )


TRAINED: tuple[Statement, ...] = _statements(_TRAINED, held_out=False)
"""What training asks."""
HELD_OUT: tuple[Statement, ...] = _statements(_HELD_OUT, held_out=True)
"""What only probes and tests ask."""
STATEMENTS: tuple[Statement, ...] = TRAINED + HELD_OUT
"""All statements; for each trait as many keyed +1 as keyed -1."""
