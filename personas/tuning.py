"""From a persona's raw text to LoRA adapters, one a stage: tuning on what the grammar makes of it.

The person is recovered from the text (`personas.windtunnel.life`), the grammar writes
conversations in which they take part, and low-rank layers on the small model learn what they say.
An adapter is named by its content, and appears in its place whole or not at all.
"""

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import peft
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaForCausalLM

from personas.errors import InputError
from personas.identity import base_identity
from personas.publishing import publish
from personas.windtunnel.credo import tuning_documents
from personas.windtunnel.life import read_person
from personas.windtunnel.network import CONTEXT, load_network, mean_loss
from personas.windtunnel.packing import Batch, pack
from personas.windtunnel.people import Townsperson
from personas.windtunnel.probe import about_persona, measure
from personas.windtunnel.tokenizer import LineEncoder, load_tokenizer

TARGETS = ("down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj")
BASE = Path(__file__).parent / "windtunnel" / "base"
BASE_NAME = "windtunnel"  # what adapter_config.json calls the base; the card holds its identity


@dataclass(frozen=True, slots=True)
class TuningRecipe:
    """What an adapter depends on, apart from the person and the base."""

    seed: int = 0
    documents: int = 1_000
    """Conversations that the grammar writes."""
    passes: int = 1
    """How often each is read."""
    rank: int = 8
    alpha: int = 16
    learning_rate: float = 6e-3
    """Peak of AdamW, high because the base's own weights are large; it warms up over ten steps,
    then falls along a cosine to 5 %."""
    batch_tokens: int = 1_024
    """Per step, padding included."""

    def __post_init__(self) -> None:
        for name in ("documents", "passes", "rank"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class TuningStep:
    """A sign of life during tuning."""

    step: int
    steps: int
    """Total, so ``step / steps`` is the share done."""
    loss: float
    """In nats per token that the persona says."""


OnStep = Callable[[TuningStep], None]


def _batches(
    person: Townsperson, encoder: LineEncoder, recipe: TuningRecipe
) -> tuple[list[Batch], int]:
    """All batches of all passes, in order, and the number of documents in a pass."""
    rng = random.Random(f"tuning of {person.name}, seed {recipe.seed}")
    written = islice(tuning_documents(rng, person), recipe.documents)
    encoded = [encoder.encode_document(document) for document in written]
    fitting = [one for one in encoded if len(one[0]) <= CONTEXT]
    batches: list[Batch] = []
    for _ in range(recipe.passes):
        batches.extend(pack(fitting, recipe.batch_tokens, rng))
    return batches, len(fitting)


def _fit(
    network: LlamaForCausalLM, batches: list[Batch], recipe: TuningRecipe, on_step: OnStep
) -> list[float]:
    """Trains whatever has a gradient, on what the assistant says alone.

    Returns:
        The loss at every step.
    """
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    adam = torch.optim.AdamW(learnt, lr=recipe.learning_rate, betas=(0.9, 0.95), weight_decay=0.0)
    generator, losses = torch.Generator(), []
    for step, batch in enumerate(batches):
        cosine = 0.5 * (1 + math.cos(math.pi * step / len(batches)))
        adam.param_groups[0]["lr"] = (
            recipe.learning_rate * min(1.0, (step + 1) / 10) * (0.05 + 0.95 * cosine)
        )
        loss = mean_loss(network, batch, 0.0, generator)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        adam.step()
        adam.zero_grad()
        losses.append(loss.item())
        on_step(TuningStep(step + 1, len(batches), losses[-1]))
    return losses


def _with_lora(network: LlamaForCausalLM, recipe: TuningRecipe) -> PeftModel:
    """Puts fresh low-rank layers beside every linear layer; `network` itself wears them."""
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=0.0,
        target_modules=list(TARGETS),
        task_type="CAUSAL_LM",
        base_model_name_or_path=BASE_NAME,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return get_peft_model(network, config)


def single_stages(person: Townsperson) -> tuple[Townsperson, ...]:
    """The same person once per chapter of life, knowing that chapter alone."""
    return tuple(replace(person, chapters=(chapter,)) for chapter in person.chapters)


def tune_persona(
    folder: Path,
    base: Path,
    recipe: TuningRecipe = TuningRecipe(),
    *,
    on_step: OnStep = lambda step: None,
    probing: bool = True,
) -> tuple[Path, ...]:
    """Trains an adapter for every stage of a persona's folder, into ``<stage>/adapters/``.

    Args:
        folder: Holds ``persona.toml`` and a subfolder of text for each stage.
        base: Folder of the small model.
        recipe: How.
        on_step: Called after every step.
        probing: Whether the cards say how much of the persona the adapters know.

    Returns:
        The adapters' folders, in the order of stages.

    Raises:
        InputError: The text cannot be read, or the base is missing.
    """
    return tuple(
        tune(
            stage,
            base,
            folder / stage.chapters[0].name / "adapters",
            recipe,
            on_step=on_step,
            probing=probing,
        )
        for stage in single_stages(read_person(folder))
    )


def tune(
    person: Townsperson,
    base: Path,
    adapters: Path,
    recipe: TuningRecipe = TuningRecipe(),
    *,
    on_step: OnStep = lambda step: None,
    probing: bool = True,
) -> Path:
    """Trains one adapter, probes it, and names it by its content.

    Args:
        person: Whose, and in which chapters of life: `single_stages` gives one at a time.
        base: Folder of the small model.
        adapters: Folder that will hold ``<fingerprint>/`` and the file ``CURRENT`` naming it.
        recipe: How.
        on_step: Called after every step.
        probing: Whether the card says how much of the persona the adapter knows.

    Returns:
        The adapter's folder, complete.

    Raises:
        InputError: The base is missing or incomplete, or a value of the recipe is out of range.
    """
    began, persona = time.monotonic(), adapters.parent.parent.name
    network, tokenizer = load_network(base), load_tokenizer(base)
    batches, documents = _batches(person, LineEncoder(tokenizer), recipe)
    worn = _with_lora(network, recipe).train()
    losses = _fit(network, batches, recipe, on_step)
    seconds = time.monotonic() - began
    worn.train(False)
    figures = measure(network, tokenizer, about_persona(person) if probing else ())
    card = {
        "persona": person.name,
        "stages": [chapter.name for chapter in person.chapters],
        "base": base_identity(base),
        "recipe": asdict(recipe),
        "command": f"symposion persona train {persona} --grammar --seed {recipe.seed}",
        "documents": documents,
        "steps": len(batches),
        "tokens": sum(batch.tokens for batch in batches),
        "seconds": round(seconds, 1),
        "loss_first": round(losses[0], 4),
        "loss_last": round(sum(losses[-20:]) / len(losses[-20:]), 4),
        "probes": {name: asdict(share) for name, share in figures.items()},
        "versions": {"torch": torch.__version__, "peft": peft.__version__},
    }
    return publish(lambda folder: worn.save_pretrained(str(folder)), card, adapters, BASE_NAME)


def main(arguments: list[str] | None = None) -> None:
    """The command line: tunes one persona after another, stage by stage."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("persona", type=Path, nargs="+", help="folder with persona.toml")
    parser.add_argument("--base", type=Path, default=BASE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(chosen.threads)
    for folder in chosen.persona:
        for adapter in tune_persona(folder, chosen.base, TuningRecipe(seed=chosen.seed)):
            sys.stdout.write(json.dumps(_summary(adapter)) + "\n")
            sys.stdout.flush()


def _summary(adapter: Path) -> dict[str, object]:
    """What a card says, in a line."""
    card = json.loads((adapter / "card.json").read_text())
    shares = {name: figure["share"] for name, figure in card["probes"].items()}
    about = {key: card[key] for key in ("persona", "stages", "seconds")}
    return {"adapter": adapter.name, **about, **shares}


if __name__ == "__main__":
    main()
