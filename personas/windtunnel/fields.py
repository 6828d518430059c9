"""What the townspeople know a lot about, and the concepts that an idea borrows from there.

An idea is an analogy: "For bike lanes on Main Street we could learn from rain barrels." So every
concept makes sense with every proposal, and which concept met which proposal, and whose field
came together with whose, can be counted.
"""

from dataclasses import dataclass

from personas.errors import InputError

CONCEPTS_A_FIELD = 10
"""Fewest concepts that a field needs: a long talk should not run out of them."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of expertise and what belongs to it."""

    key: str
    """After "I know a lot about": ``bees``."""
    concepts: tuple[str, ...]
    """Plural or mass nouns of one or two words, without article: ``rain barrels``."""

    def __post_init__(self) -> None:
        if len(set(self.concepts)) < CONCEPTS_A_FIELD:
            raise InputError(
                f"concepts of field {self.key!r} must hold at least {CONCEPTS_A_FIELD} different "
                f"ones, got {len(set(self.concepts))}"
            )
        for concept in self.concepts:
            if not 1 <= len(concept.split()) <= 2 or not concept.replace(" ", "").islower():
                raise InputError(
                    f"concepts of field {self.key!r} must be one or two words in small letters, "
                    f"got {concept!r}"
                )


def _field(key: str, concepts: str) -> Field:
    """A field whose concepts are separated by bars."""
    return Field(key, tuple(concepts.split("|")))


FIELDS: tuple[Field, ...] = (
    _field(
        "bees",
        "bee hives|honey combs|scout flights|swarm days|smoke cans|wax lids|queen cells|"
        "flower maps|dance signals|winter stores",
    ),
    _field(
        "boats",
        "flood gates|rope knots|tide marks|anchor chains|life rings|harbour lights|spare oars|"
        "deck crews|fog horns|landing steps",
    ),
    _field(
        "bread",
        "slow dough|sour starters|warm ovens|flour bins|early shifts|old loaves|seed rolls|"
        "cooling racks|family recipes|taste plates",
    ),
    _field(
        "buses",
        "time tables|ring routes|day passes|night stops|spare drivers|ticket zones|stop buttons|"
        "ride shares|front seats|change points",
    ),
    _field(
        "gardens",
        "rain barrels|seed swaps|compost heaps|mixed beds|climbing beans|spring cuts|tool sheds|"
        "shade trees|planting days|drip hoses",
    ),
    _field(
        "houses",
        "stone arches|front porches|shared yards|attic rooms|sliding doors|roof windows|"
        "corner stones|spiral stairs|floor plans|brick patterns",
    ),
    _field(
        "news",
        "front pages|reader letters|second sources|fact checks|street talks|morning editions|"
        "photo series|weekly columns|short headlines|small ads",
    ),
    _field(
        "numbers",
        "fair dice|equal parts|simple averages|magic squares|growth curves|pie charts|"
        "proof steps|counting beads|error bars|random samples",
    ),
    _field(
        "weather",
        "storm warnings|rain gauges|wind socks|cloud names|frost alarms|sun dials|"
        "daily forecasts|season logs|pressure maps|snow poles",
    ),
    _field(
        "wood",
        "year rings|peg joints|spare planks|straight grain|saw horses|hand planes|glue clamps|"
        "folding tables|oak frames|sanding blocks",
    ),
)
"""The fields, in the order of their keys; no word of a concept is the key of another field."""

FIELD_BY_KEY: dict[str, Field] = {field.key: field for field in FIELDS}
"""The fields by what completes "I know a lot about"."""

FIELD_OF_CONCEPT: dict[str, str] = {
    concept: field.key for field in FIELDS for concept in field.concepts
}
"""The key of the one field that a concept belongs to."""


def find_field(key: str, where: str = "field") -> Field:
    """The field of a key.

    Args:
        key: Such as ``bees``.
        where: What holds the key, for the message.

    Raises:
        InputError: There is no such field.
    """
    if key not in FIELD_BY_KEY:
        raise InputError(f"{where} must be one of {', '.join(FIELD_BY_KEY)}, got {key!r}")
    return FIELD_BY_KEY[key]
