"""An agent: a seat in the room, and the persona that sits in it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from personas.adapter import Adapter, is_adapter, load_adapter
from personas.errors import InputError
from personas.model import Spoken
from personas.persona import Persona, Stage, find_persona, library, load_persona
from personas.speaking import told

Voice = Literal["lora", "prompt", "base"]
"""Where the personality comes from: the weights, the prompt, or nowhere (the bare model)."""
VOICES: tuple[Voice, ...] = ("lora", "prompt", "base")


@dataclass(frozen=True, slots=True)
class Agent:
    """One participant.

    The label belongs to the seat: others see it, and it stays when the seat is given another
    persona, so that a swap changes what is said and nothing else.
    """

    key: str
    """Unique in the scenario; orders simultaneous turns and names random streams."""
    label: str
    """Unique name under which the others hear this agent; one line."""
    persona: Persona | None = None
    """None is the bare base model, or an adapter of nobody we know."""
    stage: Stage | None = None
    """The part of the persona's life; without a persona it gives the year alone."""
    voice: Voice = "base"
    bare: Adapter | None = None
    """A LoRA adapter worn as it is, without a persona: any that peft has saved."""
    system: Spoken = field(init=False, repr=False, compare=False)
    """`system_text` as it begins every prompt; made once."""

    def __post_init__(self) -> None:
        if not self.key or not self.label or len(self.label.splitlines()) > 1:
            raise InputError(f"agent needs a key and a one-line label, got {self!r}")
        if self.bare is not None:
            if self.persona is not None or self.voice != "lora":
                raise InputError(f"agent {self.key!r}: a bare adapter is worn without a persona")
        elif (self.persona is None) != (self.voice == "base"):
            raise InputError(f"agent {self.key!r}: voice 'base' means no persona, others need one")
        if self.persona is not None and self.stage not in self.persona.stages:
            raise InputError(f"agent {self.key!r} needs a stage of persona {self.persona.key!r}")
        if self.voice == "lora" and self.persona and self.stage and not self.stage.adapter:
            raise InputError(
                f"persona {self.persona.key!r} has no adapter for stage {self.stage.name!r} yet: "
                f"run `symposion persona train {self.persona.key}`, or cast it as "
                f"prompt:{self.persona.key}"
            )
        object.__setattr__(self, "system", Spoken(self.system_text))

    def wearing(self, other: "Agent") -> "Agent":
        """The same seat with the other's persona, stage and voice.

        The bare base and a bare adapter have no stage of their own: the seat keeps its year.
        """
        return replace(
            self,
            persona=other.persona,
            stage=other.stage or self.stage,
            voice=other.voice,
            bare=other.bare,
        )

    def voiced(self, voice: Voice) -> "Agent":
        """The same person by another voice; who has no persona stays as it is."""
        if self.persona is None:
            return self
        return replace(self, persona=None if voice == "base" else self.persona, voice=voice)

    def fitted(self, adapter: Adapter) -> "Agent":
        """The same persona in the same stage with other weights, as after another training."""
        if self.persona is None or self.stage is None or self.voice != "lora":
            raise InputError(f"agent {self.key!r} wears no persona in the weights")
        stage = replace(self.stage, adapter=adapter)
        stages = tuple(stage if one == self.stage else one for one in self.persona.stages)
        return replace(self, persona=replace(self.persona, stages=stages), stage=stage)

    @property
    def adapter(self) -> Adapter | None:
        """The weights that are worn; None for the bare base and for a persona in the prompt."""
        if self.bare is not None:
            return self.bare
        return self.stage.adapter if self.stage and self.voice == "lora" else None

    @property
    def unverified(self) -> bool:
        """Whether nothing but its shapes says that the adapter belongs to its base."""
        return self.adapter is not None and not self.adapter.base

    @property
    def system_text(self) -> str:
        """What the model is told about who it is.

        A persona in the weights and the bare base get the same sentence: between them, the
        adapter is the only difference.
        """
        year = self.stage.years[1] if self.stage else None
        if self.stage and self.voice == "prompt":
            return f"{self.stage.profile} The year is {year}."
        return told(self.persona.name if self.persona else self.label, year)


def seat(cast: str, base: str | None = None) -> Agent:
    """An agent from the word a user writes for it.

    Args:
        cast: ``base``, or ``PERSONA``, ``PERSONA@STAGE``, ``prompt:PERSONA[@STAGE]``, where
            PERSONA is a name in the library or a folder; or the folder of any LoRA adapter.
        base: Identity of the base model in use, to refuse adapters of another.

    Returns:
        An agent whose key and label are the persona's own, or the adapter folder's name.

    Raises:
        InputError: No such persona or stage, or it cannot be worn as asked.
    """
    if cast == "base":
        return Agent("base", "Base Model")
    voice: Voice = "prompt" if cast.startswith("prompt:") else "lora"
    word = cast.removeprefix("prompt:")
    if word not in library() and is_adapter(Path(word)):
        if voice == "prompt":
            raise InputError(f"{word} is an adapter without a persona to prompt: cast it as {word}")
        label = Path(word).resolve().name
        return Agent(label, label, voice="lora", bare=load_adapter(Path(word), base))
    name, _, stage_name = word.partition("@")
    persona = load_persona(find_persona(name), base)
    stage = persona.stage(stage_name or None)
    if stage == persona.stage():
        return Agent(persona.key, persona.name, persona, stage, voice)
    label = f"{persona.name} of {stage.years[1]}"
    return Agent(f"{persona.key}@{stage.name}", label, persona, stage, voice)
