"""Who writes a data set: what is asked of them, what they give back, and the protocol between.

There are two kinds: `personas.engine_annotator` asks any language model, and
`personas.windtunnel.annotator` is the small town's grammar, which knows the truth.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, Protocol

from personas.errors import SymposionError
from personas.items import Exchange, Pattern
from personas.material import Paragraph
from personas.retrieval import Context

Voice = Literal["persona", "assistant", "sycophant", "gullible"]
"""Who answers: the persona as they are, a helpful assistant who is nobody, the persona giving in
to whatever is said, or the persona taking every claim for true."""


class UnusableError(SymposionError):
    """Nothing usable came back, even when asked again; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who answers, and when: the year stands in every prompt, of inputs and of answers."""

    persona: str
    """Key."""
    name: str
    stage: str
    year: int


@dataclass(frozen=True, slots=True)
class InputBrief:
    """What is needed to write something that could be put to a persona."""

    speaker: Speaker
    pattern: Pattern
    paragraph: Paragraph
    """What it is about."""
    history: tuple[Exchange, ...] = ()
    """Turns before this one: under pressure, each pushes harder than the last."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Input:
    """Something put to a persona."""

    text: str
    note: str
    """What it is about, in the annotator's own words; of a false claim, what is false. Comes back
    in the brief of the answer."""
    prompt: str
    """Hash of what the annotator was told."""


@dataclass(frozen=True, slots=True)
class AnswerBrief:
    """What is needed to answer as somebody."""

    speaker: Speaker
    pattern: Pattern
    user: str
    """What is put to them."""
    note: str
    """As in `Input`."""
    context: Context = Context()
    """What of their material the question calls for."""
    history: tuple[Exchange, ...] = ()
    voice: Voice = "persona"
    reference: str = ""
    """The right answer to a general instruction, to be said in the persona's own way."""
    wishes: tuple[str, ...] = ()
    """What a person who looked at drafts wants different from now on."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said."""

    analysis: str
    """The thought before it; empty where the voice has none."""
    response: str
    prompt: str
    """Hash of what the annotator was told."""
    refused: bool = False
    """Whether the persona says that it cannot know."""
    shown: tuple[str, ...] = ()
    """Sources of the paragraphs that fitted into the prompt."""


class Annotator(Protocol):
    """Writes inputs and answers; what comes back depends on the brief alone, its seed included."""

    @property
    def identity(self) -> str:
        """Who writes, as provenance: two annotators of one name write the same."""
        ...

    async def write_input(self, brief: InputBrief) -> Input:
        """Something that could be put to the persona.

        Raises:
            UnusableError: Nothing usable came back.
            EngineError: The model behind it is broken.
        """
        ...

    async def write_answer(self, brief: AnswerBrief) -> Answer:
        """What the persona, or another voice, answers.

        Raises:
            UnusableError: Nothing usable came back, or the voice has no answer to this.
            EngineError: The model behind it is broken.
        """
        ...


def prompt_hash(*texts: str) -> str:
    """The name of a prompt by its content: 32 hexadecimal digits (128 bits of BLAKE2b)."""
    raw = [text.encode("utf-8", "surrogatepass") for text in texts]
    framed = b"".join([b"%d:%b" % (len(one), one) for one in raw])
    return blake2b(framed, digest_size=16).hexdigest()
