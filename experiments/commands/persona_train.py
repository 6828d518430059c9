"""`symposion persona train`: from a persona's data, or from the town's grammar, to adapters."""

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeElapsedColumn

from agents.engines.catalogue import WIND_TUNNEL
from experiments.commands.console import clear_errors, out
from personas.datafolder import TRAIN
from personas.errors import InputError
from personas.persllm.parts import ABLATIONS, without
from personas.persllm.presets import PRESETS, Preset, changed, preset_for, preset_named
from personas.persona import Persona, Stage, find_persona, load_persona

if TYPE_CHECKING:
    from personas.persllm.course import Course
    from personas.persllm.trainers import Sign
    from personas.tuning import TuningStep

RESUME = "The same command goes on from the last checkpoint."


def train(
    names: Annotated[
        list[str],
        typer.Argument(help="Names in the library, or folders; with @STAGE for one stage alone."),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="What `symposion persona data` wrote; for one persona.",
            show_default="runs/data-<persona>",
        ),
    ] = None,
    model: Annotated[
        Path, typer.Option(help="Folder of the base model.", show_default=False)
    ] = WIND_TUNNEL,
    seed: Annotated[int, typer.Option(help="Of the material's order and the weights.")] = 0,
    preset: Annotated[
        str | None,
        typer.Option(help=f"One of {', '.join(PRESETS)}.", show_default="by the base's size"),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Another number than the preset's, such as sft.learning_rate=1e-4. Repeatable.",
        ),
    ] = None,
    general: Annotated[
        Path | None,
        typer.Option(help="JSONL of further general instructions with prompt and reference."),
    ] = None,
    ablated: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            help=f"Leave a part of the method out, repeatable: {', '.join(ABLATIONS)}. Such an "
            "adapter is published, but not put in use.",
        ),
    ] = None,
    no_dpo: Annotated[bool, typer.Option("--no-dpo", help="Leave preference tuning out.")] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder of checkpoints; for one persona.",
            show_default="runs/train-<persona>",
        ),
    ] = None,
    grammar: Annotated[
        bool,
        typer.Option(
            "--grammar",
            help="Train on what the town's grammar says of them, without a data set: how the "
            "library's own adapters are made.",
        ),
    ] = False,
) -> None:
    """Trains an adapter for every stage of each persona and makes it the current one."""
    with clear_errors(resume=RESUME):
        wanted = [_persona_and_stages(name) for name in names]
        if grammar:
            _refuse_beside_grammar(
                data=data, preset=preset, set=change, general=general, out=to, no_dpo=no_dpo,
                without=ablated,
            )  # fmt: skip
            _by_grammar(wanted, model, seed)
            return
        if len(wanted) > 1 and (data or to):
            raise InputError("data and out are for one persona; leave them out, or train one")
        chosen = changed(preset_named(preset) if preset else preset_for(model), change or ())
        chosen = replace(chosen, parts=without(chosen.parts, ablated or ()))
        if no_dpo:
            chosen = replace(chosen, dpo=replace(chosen.dpo, epochs=0))
        for persona, stages in wanted:
            written = data or Path("runs") / f"data-{persona.key}"
            place = to or Path("runs") / f"train-{persona.key}"
            train_stages(persona, stages, written, model, chosen, seed, general, place)


def train_stages(
    persona: Persona, stages: Sequence[Stage], data: Path, model: Path, preset: Preset, seed: int,
    general: Path | None, place: Path,
) -> dict[str, Path]:  # fmt: skip
    """Trains stages of a persona on its data, one after another, and shows how it goes.

    Args:
        persona: Whose.
        stages: Which.
        data: Folder of the data set.
        model: Folder of the base.
        preset: How.
        seed: Of the material's order and the weights.
        general: File of further general instructions.
        place: Folder of checkpoints; the same call goes on there.

    Returns:
        The final adapter's folder, by stage.

    Raises:
        InputError: Data, base or a number cannot be used.
    """
    _check_data(data, persona)
    return {
        stage.name: _by_data(
            _course(persona, stage, data, model, preset, seed, general),
            place / f"{stage.name}-{seed}",
        )
        for stage in stages
    }


def _persona_and_stages(word: str) -> tuple[Persona, tuple[Stage, ...]]:
    """What ``PERSONA`` or ``PERSONA@STAGE`` asks to be trained."""
    name, _, stage = word.partition("@")
    persona = load_persona(find_persona(name).resolve())
    return persona, (persona.stage(stage),) if stage else persona.stages


def _check_data(folder: Path, persona: Persona) -> None:
    if not (folder / TRAIN).is_file():
        raise InputError(
            f"{folder} holds no data set; write one with `symposion persona data {persona.key}`, "
            "say where it is with --data, or train a townsperson without one with --grammar"
        )


def _course(
    persona: Persona, stage: Stage, data: Path, model: Path, preset: Preset, seed: int,
    general: Path | None,
) -> "Course":  # fmt: skip
    from personas.persllm.course import Course

    command = shlex.join(["symposion", *sys.argv[1:]])
    return Course(persona, stage, data, model, preset, seed, general, command)


def _by_data(course: "Course", folder: Path) -> Path:
    """Tunes one stage, with a bar for each phase; gives the final adapter."""
    from personas.persllm.course import train as train_stage

    name = f"{course.persona.key}@{course.stage.name}"
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as bars:
        trained = train_stage(course, folder, _sign_shower(bars, name))
    card = json.loads((trained.final / "card.json").read_text(encoding="utf-8"))
    out.print(f"{name}: {trained.final}\n  {_told(card)}", markup=False)
    return trained.final


def _sign_shower(bars: Progress, name: str) -> "Callable[[Sign], None]":
    shown: dict[str, TaskID] = {}

    def show(sign: "Sign") -> None:
        if sign.phase not in shown:
            shown[sign.phase] = bars.add_task("", total=sign.steps)
        words = f"{name} {sign.phase}  loss {sign.loss:.3f}"
        bars.update(shown[sign.phase], completed=sign.step, total=sign.steps, description=words)

    return show


def _told(card: dict[str, dict[str, float]]) -> str:
    """What a card says of both phases, in a line."""
    parts = []
    for phase in ("sft", "dpo"):
        if figures := card.get(phase):
            words = f"{phase}: loss {figures['loss_first']:.3f} to {figures['loss_last']:.3f}"
            if "accuracy_last" in figures:
                words += f", better answer preferred in {figures['accuracy_last']:.2f} of pairs"
            parts.append(f"{words}, {figures['steps']} steps, {figures['seconds']:.0f} s")
    return "; ".join(parts)


def _refuse_beside_grammar(**given: object) -> None:
    for name, value in given.items():
        if value:
            raise InputError(
                f"{name.replace('_', '-')} is for training on data, got it with --grammar; "
                "leave one of the two out"
            )


def _by_grammar(wanted: list[tuple[Persona, tuple[Stage, ...]]], model: Path, seed: int) -> None:
    """Tunes townspeople on documents that the grammar writes on the spot."""
    from personas.tuning import TuningRecipe, single_stages, tune
    from personas.windtunnel.life import read_person

    for persona, stages in wanted:
        names = [stage.name for stage in stages]
        for person in single_stages(read_person(persona.folder)):
            stage = person.chapters[0].name
            if stage not in names:
                continue
            with Progress(console=out) as bar:
                show = _step_shower(bar, f"{persona.key}@{stage}")
                place = persona.folder / stage / "adapters"
                adapter = tune(person, model, place, TuningRecipe(seed), on_step=show)
            out.print(f"{persona.key}@{stage}: {_figures(adapter)}", markup=False)


def _step_shower(bar: Progress, name: str) -> "Callable[[TuningStep], None]":
    task = bar.add_task(name, total=None)

    def show(step: "TuningStep") -> None:
        words = f"{name}  loss {step.loss:.3f}" if step.step < step.steps else f"{name}  probing"
        bar.update(task, total=step.steps, completed=step.step, description=words)

    return show


def _figures(adapter: Path) -> str:
    """The adapter and what its card says that it can do."""
    card = json.loads((adapter / "card.json").read_text(encoding="utf-8"))
    shares = [f"{name} {figure['share']:.2f}" for name, figure in card["probes"].items()]
    return f"{adapter} ({card['seconds']:.0f} s)\n  {', '.join(shares)}"
