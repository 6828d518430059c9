"""trl's two trainers on rows that are token ids already: resumable, quiet, sure of their order."""

import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from types import FrameType
from typing import Any, cast

import torch
from datasets import Dataset
from peft import PeftModel
from transformers import (
    PreTrainedTokenizerBase,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from personas.persllm.bases import on_threads
from personas.persllm.lessons import PairLesson, SftLessons, labels
from personas.persllm.presets import Dpo, Machine, Preset, Sft

FLOOR = 0.1  # of the peak rate, where the cosine ends
POLICY = "default"  # peft's name of the adapter that learns
Step = dict[str, float]
"""What is known of a step: step, loss, learning_rate, seconds; of pairs accuracy and margin too."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of life during tuning."""

    phase: str
    """``sft`` or ``dpo``."""
    step: int
    steps: int
    """Total, so ``step / steps`` is the share done."""
    loss: float
    """Latest; 0 before the first step."""


OnSign = Callable[[Sign], None]


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a phase of tuning lies, and how it is watched."""

    phase: str
    folder: Path
    """Holds the checkpoints."""
    seed: int
    on_sign: OnSign


def train_sft(
    worn: PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    lessons: SftLessons,
    preset: Preset,
    place: Workplace,
) -> list[Step]:
    """Supervised tuning, from the last checkpoint if there is one.

    Args:
        worn: Model with the adapter that learns.
        tokenizer: Of the base; it gives the padding.
        lessons: All rows, in order.
        preset: How.
        place: Where, and who watches.

    Returns:
        What is known of each step.

    Raises:
        KeyboardInterrupt: After Ctrl-C, when the step is done and a checkpoint is written.
    """
    rows = [{"input_ids": row[0], "labels": labels(row)} for row in lessons.rows]
    arguments = SFTConfig(
        **_arguments(preset.sft, preset.machine, preset.machine.rows, len(rows), place),
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    watch = Watch(place)
    trainer = _SftTrainer(
        model=cast(Any, worn), args=arguments, train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer, callbacks=[watch],
    )  # fmt: skip
    return _run(trainer, watch, place, preset.machine.threads)


def train_dpo(
    worn: PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    pairs: Sequence[PairLesson],
    preset: Preset,
    place: Workplace,
) -> list[Step]:
    """Preference tuning, from the last checkpoint if there is one.

    The adapter on the model when this is called is the reference: trl keeps a frozen copy of it.

    Args:
        worn: Model with the supervised adapter.
        tokenizer: Of the base; it gives the padding.
        pairs: All rows, in order.
        preset: How.
        place: Where, and who watches.

    Returns:
        What is known of each step.

    Raises:
        KeyboardInterrupt: After Ctrl-C, when the step is done and a checkpoint is written.
    """
    rows = [
        {"prompt_ids": list(one.prompt), "chosen_ids": list(one.chosen),
         "rejected_ids": list(one.rejected)}
        for one in pairs
    ]  # fmt: skip
    anchored = preset.dpo.anchor > 0
    arguments = DPOConfig(
        **_arguments(preset.dpo, preset.machine, preset.machine.rows // 2, len(rows), place),
        max_length=None,
        beta=preset.dpo.beta,
        loss_type=["sigmoid", "sft"] if anchored else ["sigmoid"],
        loss_weights=[1.0, preset.dpo.anchor] if anchored else [1.0],
    )
    watch = Watch(place)
    trainer = _DpoTrainer(
        model=cast(Any, worn), args=arguments, train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer, callbacks=[watch],
    )  # fmt: skip
    return _run(trainer, watch, place, preset.machine.threads)


def _arguments(
    course: Sft | Dpo, machine: Machine, at_once: int, rows: int, place: Workplace
) -> dict[str, Any]:
    """What both trainers are told."""
    together = max(size for size in range(1, course.batch + 1)
                   if course.batch % size == 0 and size <= at_once)  # fmt: skip
    steps = ceil(rows / course.batch)
    return {
        "output_dir": str(place.folder),
        "num_train_epochs": 1,
        "train_sampling_strategy": "sequential",  # the rows are in order already
        "per_device_train_batch_size": together,
        "gradient_accumulation_steps": course.batch // together,
        "learning_rate": course.learning_rate,
        "warmup_steps": min(course.warmup_steps, steps // 10),
        "lr_scheduler_type": "cosine_with_min_lr",
        "lr_scheduler_kwargs": {"min_lr_rate": FLOOR},
        "weight_decay": course.weight_decay,
        "adam_beta1": 0.9,
        "adam_beta2": 0.95,
        "max_grad_norm": 1.0,
        "seed": place.seed,
        "bf16": machine.numbers == "bfloat16",
        "gradient_checkpointing": machine.recompute,
        "use_cpu": not torch.cuda.is_available(),
        "logging_steps": 1,
        "save_steps": machine.save_steps,
        "save_total_limit": machine.keep,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": torch.cuda.is_available(),
    }


class _SftTrainer(SFTTrainer):  # type: ignore[misc]  # an extra has no types here
    """As it is, without a model card: an adapter's card is written by the house."""

    def create_model_card(self, *_: object, **__: object) -> None:
        """Writes nothing."""


class _DpoTrainer(DPOTrainer):  # type: ignore[misc]
    """Takes rows that are token ids, and resumes the adapter that learns."""

    def create_model_card(self, *_: object, **__: object) -> None:
        """Writes nothing."""

    def _prepare_dataset(self, dataset: Dataset, *_: object, **__: object) -> Dataset:
        """The rows as they are: trl would tokenise text, in one piece with its template."""
        return dataset

    def _load_from_checkpoint(
        self, resume_from_checkpoint: str, model: torch.nn.Module | None = None
    ) -> None:
        """Loads the adapter that learns.

        Left to itself, transformers loads of two adapters the one in a subfolder alone: the copy.
        """
        worn = cast(PeftModel, model or self.model)
        worn.load_adapter(resume_from_checkpoint, POLICY, is_trainable=True)
        worn.set_adapter(POLICY)


def _run(
    trainer: SFTTrainer | DPOTrainer, watch: "Watch", place: Workplace, threads: int
) -> list[Step]:
    """Trains to the end, or until Ctrl-C."""
    trainer.remove_callback(PrinterCallback)
    resumed = last_checkpoint(place.folder)
    with watch.heeding_interrupts(), on_threads(threads):
        trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    if watch.interrupted:
        raise KeyboardInterrupt
    return [_step(entry) for entry in trainer.state.log_history if "loss" in entry]


def _step(entry: dict[str, float]) -> Step:
    kept = {"step": "step", "loss": "loss", "learning_rate": "learning_rate", "seconds": "seconds",
            "rewards/accuracies": "accuracy", "rewards/margins": "margin"}  # fmt: skip
    return {word: float(entry[name]) for name, word in kept.items() if name in entry}


class Watch(TrainerCallback):
    """Tells every step, keeps the time over all resumptions, and ends cleanly on Ctrl-C."""

    def __init__(self, place: Workplace) -> None:
        self.interrupted = False
        self._place = place
        self._spent, self._began, self._loss = 0.0, 0.0, 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Takes up the clock where a checkpoint left it."""
        self._spent = float(state.log_history[-1].get("seconds", 0.0)) if state.log_history else 0.0
        self._began = time.monotonic()
        self._tell(state)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Writes the time beside the loss."""
        entry = state.log_history[-1]
        entry["seconds"] = round(self._spent + time.monotonic() - self._began, 2)
        if "loss" in entry:
            self._loss = float(entry["loss"])
            self._tell(state)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """After Ctrl-C, asks for a checkpoint and the end."""
        if self.interrupted:
            control.should_log = control.should_save = control.should_training_stop = True

    @contextmanager
    def heeding_interrupts(self) -> Iterator[None]:
        """While it lasts, the first Ctrl-C ends the training after its step, the next at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        usual = signal.getsignal(signal.SIGINT)

        def heed(number: int, frame: FrameType | None) -> None:
            self.interrupted = True
            signal.signal(signal.SIGINT, usual)

        signal.signal(signal.SIGINT, heed)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, usual)

    def _tell(self, state: TrainerState) -> None:
        place = self._place
        place.on_sign(Sign(place.phase, state.global_step, state.max_steps, self._loss))


def last_checkpoint(folder: Path) -> Path | None:
    """The latest checkpoint that is whole; what a kill has left of a torn one is removed.

    The trainer writes trainer_state.json last, so where it can be read all else is there.
    """
    found = {int(path.name.rpartition("-")[2]): path for path in folder.glob("checkpoint-*")}
    for _, path in sorted(found.items(), reverse=True):
        try:
            json.loads((path / "trainer_state.json").read_text("utf-8"))
        except (OSError, ValueError):
            shutil.rmtree(path)
        else:
            return path
    return None
