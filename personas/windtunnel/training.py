"""Trains the small model from nothing: `symposion windtunnel train`, and options beyond it here.

A run can be killed at any instant and started again with the same command: everything that it
depends on (weights, optimiser state, place in the stream, tokens and seconds spent) is in a
checkpoint that appears whole or not at all. The learning rate warms up, stays, and decays at the
end; the last checkpoint before the decay is kept, so a longer training can go on from it.
"""

import argparse
import json
import logging
import os
import platform
import random
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from personas.errors import InputError
from personas.windtunnel.curriculum import curriculum
from personas.windtunnel.figures import draw_training, read_history
from personas.windtunnel.headstart import give_head_start
from personas.windtunnel.network import CONTEXT, build_network, mean_loss
from personas.windtunnel.packing import Batch, Position, Source, StreamSpec, stream
from personas.windtunnel.probe import quick_probe
from personas.windtunnel.recipe import STANDARD, Budget, Progress, Recipe
from personas.windtunnel.tokenizer import load_tokenizer, train_tokenizer

log = logging.getLogger(__name__)

BASE = Path(__file__).parent / "base"
CHECKPOINTS = Path("checkpoints/base")
TOKENIZER_SHARD = 10_000  # which stretch of the stream the merges are learnt from
TOKENIZER_DOCUMENTS = 12_000  # documents that the merges are learnt from
CHECKPOINT_SECONDS = 120.0
PROBE_SECONDS = 240.0
LOG_STEPS = 20
WEIGHT_DECAY = 0.1  # per step and unit of rate; without it the tied embeddings grow without end


def optimisers(network: LlamaForCausalLM, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside (it learns to copy far sooner), AdamW for the rest."""
    named = list(network.named_parameters())
    inner = [p for name, p in named if p.ndim == 2 and "embed" not in name]
    words = [p for name, p in named if "embed" in name]
    gains = [p for _, p in named if p.ndim == 1]
    muon = torch.optim.Muon(
        inner, lr=rate, momentum=0.95, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw"
    )
    groups = [
        {"params": words, "weight_decay": WEIGHT_DECAY},
        {"params": gains, "weight_decay": 0.0},
    ]
    return [muon, torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95))]


class Run:
    """A training run in memory; `save` and `load` move it to disk and back."""

    def __init__(self, vocabulary: int, recipe: Recipe) -> None:
        self.recipe = recipe
        self.network = build_network(vocabulary, recipe.seed)
        give_head_start(self.network, recipe.seed)
        self.optimisers = optimisers(self.network, recipe.learning_rate)
        self.progress = Progress()
        self.before: list[dict[str, object]] = []
        """Recipe and progress of the runs that this one goes on from."""

    def save(self, path: Path) -> None:
        """Writes everything beside `path`, then renames: a crash leaves the old one whole."""
        state = {
            "recipe": asdict(self.recipe),
            "progress": asdict(self.progress),
            "before": self.before,
            "network": self.network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Takes up where a checkpoint left off.

        Raises:
            InputError: The checkpoint is of another recipe.
        """
        state = torch.load(path, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise InputError(
                f"resume: {path} was trained with {state['recipe']}; use the same or another folder"
            )
        self._take(state)
        position = Position(**state["progress"].pop("position"))
        self.progress = Progress(**state["progress"], position=position)
        self.before = state["before"]

    def go_on_from(self, path: Path) -> None:
        """Begins where another run has ended: its weights, its optimisers, its place in the stream.

        Steps, tokens and seconds count from zero again, and so does the learning rate.
        """
        state = torch.load(path, weights_only=True)
        self._take(state)
        self.progress = Progress(position=Position(**state["progress"]["position"]))
        done = {"recipe": state["recipe"], "progress": state["progress"]}
        self.before = [*state.get("before", []), done]

    def _take(self, state: dict[str, Any]) -> None:
        """Weights and optimisers of a checkpoint."""
        self.network.load_state_dict(state["network"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)

    def train_step(self, batch: Batch, spent: float) -> float:
        """One step of both optimisers.

        Returns:
            The loss before the step, in nats per token.
        """
        generator = torch.Generator().manual_seed(self.progress.step)
        loss = mean_loss(self.network, batch, self.recipe.context_share, generator)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        rate = self.recipe.rate(self.progress.step, spent)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
            optimiser.zero_grad()
        return loss.item()

    def train(
        self, batches: Iterator[tuple[Position, Batch]], budget: Budget, watch: "Watch"
    ) -> None:
        """Steps until the budget is used up; `watch` logs, saves and probes in between."""
        self.network.train()
        while (spent := budget.spent(self.progress)) < 1:
            position, batch = next(batches)
            if not self.recipe.reads(batch, spent):
                continue
            if spent >= 1 - self.recipe.decay_share:
                watch.before_decay(self)
            began = time.monotonic()
            loss = self.train_step(batch, spent)
            self.progress = Progress(
                step=self.progress.step + 1,
                tokens=self.progress.tokens + batch.tokens,
                seconds=self.progress.seconds + time.monotonic() - began,
                position=position,
            )
            watch.after_step(self, loss)


class Watch:
    """Keeps an eye on a run: log lines, checkpoints and probes, each in its own rhythm."""

    def __init__(self, folder: Path, tokenizer: PreTrainedTokenizerFast, tokens: int = 0) -> None:
        """Begins to watch.

        Args:
            folder: Where checkpoints and history go.
            tokenizer: Of the base.
            tokens: Read before, by a run that is resumed.
        """
        self.folder = folder
        self.tokenizer = tokenizer
        self.losses: list[float] = []
        self.saved_at = self.probed_at = self.logged_at = time.monotonic()
        self.logged_tokens = tokens

    def before_decay(self, run: Run) -> None:
        """Keeps the state at the start of the decay, once, so a longer training can use it."""
        if not (self.folder / "stable.pt").exists():
            run.save(self.folder / "stable.pt")

    def after_step(self, run: Run, loss: float) -> None:
        """Does whatever is due."""
        self.losses.append(loss)
        if run.progress.step % LOG_STEPS == 0:
            self._log(run)
        if time.monotonic() - self.saved_at > CHECKPOINT_SECONDS:
            run.save(self.folder / "latest.pt")
            self.saved_at = time.monotonic()
        if time.monotonic() - self.probed_at > PROBE_SECONDS:
            self.probe(run)

    def _log(self, run: Run) -> None:
        now, progress = time.monotonic(), run.progress
        speed = (progress.tokens - self.logged_tokens) / (now - self.logged_at)
        line = {
            "step": progress.step,
            "tokens": progress.tokens,
            "seconds": round(progress.seconds, 1),
            "loss": round(sum(self.losses) / len(self.losses), 4),
            "tokens_per_second": round(speed),
        }
        self.losses, self.logged_at, self.logged_tokens = [], now, progress.tokens
        self._write(line)

    def probe(self, run: Run) -> dict[str, float]:
        """Asks people never trained on, and writes down the share of right answers."""
        run.network.train(False)
        figures = quick_probe(run.network, self.tokenizer)
        run.network.train()
        self.probed_at = self.logged_at = time.monotonic()
        self.logged_tokens = run.progress.tokens
        self._write({"step": run.progress.step, "tokens": run.progress.tokens, "probe": figures})
        draw_training(read_history(self.folder / "history.jsonl"), self.folder / "training.png")
        return figures

    def _write(self, line: Mapping[str, object]) -> None:
        log.info(json.dumps(line))
        with (self.folder / "history.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")


def corpus_tokenizer(folder: Path, source: Source, seed: int) -> PreTrainedTokenizerFast:
    """The tokenizer in `folder`, trained on the corpus if there is none yet."""
    if not (folder / "tokenizer.json").exists():
        rng = random.Random(f"tokenizer of seed {seed}")
        sample = islice(source(rng, TOKENIZER_SHARD), TOKENIZER_DOCUMENTS)
        lines = (line for doc in sample for message in doc.messages for line in message.lines)
        partial = folder.with_name(folder.name + ".partial")
        train_tokenizer(lines).save_pretrained(partial)
        replace_folder(partial, folder)
    return load_tokenizer(folder)


def replace_folder(new: Path, old: Path) -> None:
    """Puts a finished folder in place of another, which may not be there."""
    trash = old.with_name(old.name + ".old")
    if old.exists():
        old.rename(trash)
    new.rename(old)
    shutil.rmtree(trash, ignore_errors=True)


def take_tokenizer_along(checkpoint: Path, folder: Path) -> None:
    """Copies a checkpoint's tokenizer beside the run that goes on from it, unless one is there.

    The weights mean nothing under any other tokenizer.
    """
    if not (folder / "tokenizer").exists():
        shutil.copytree(checkpoint.parent / "tokenizer", folder / "tokenizer")


def train_base(
    out: Path,
    budget: Budget,
    recipe: Recipe = STANDARD,
    source: Source = curriculum,
    checkpoints: Path = CHECKPOINTS,
    after: Path | None = None,
    command: str = "",
) -> dict[str, object]:
    """Trains the base, from the last checkpoint if there is one, and publishes it.

    Args:
        out: Folder for weights, tokenizer and card; replaced when the training is complete.
        budget: How long.
        recipe: How.
        source: The corpus.
        checkpoints: Folder of the run's state; the same folder resumes the run.
        after: Checkpoint of another run to go on from, unless this one has begun already.
        command: For the card: words that train such a base again.

    Returns:
        The card, as written to ``card.json``.

    Raises:
        InputError: The checkpoint there is of another recipe.
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    if after:
        take_tokenizer_along(after, checkpoints)
    tokenizer = corpus_tokenizer(checkpoints / "tokenizer", source, recipe.seed)
    run = Run(len(tokenizer), recipe)
    if (checkpoints / "latest.pt").exists():
        run.load(checkpoints / "latest.pt")
    elif after:
        run.go_on_from(after)
    if run.progress != Progress():
        log.info("resuming at %s", run.progress)
    watch = Watch(checkpoints, tokenizer, run.progress.tokens)
    longest = min(CONTEXT, recipe.batch_tokens)
    spec = StreamSpec(recipe.seed, recipe.batch_tokens, longest=longest)
    with closing(stream(source, checkpoints / "tokenizer", spec, run.progress.position)) as batches:
        run.train(batches, budget, watch)
    run.save(checkpoints / "latest.pt")
    return publish(run, tokenizer, out, watch.probe(run), command)


def publish(
    run: Run,
    tokenizer: PreTrainedTokenizerFast,
    out: Path,
    figures: dict[str, float],
    command: str = "",
) -> dict[str, object]:
    """Writes the weights in bf16 (7 MB), the tokenizer and the card, all or nothing."""
    partial = out.with_name(out.name + ".partial")
    network = build_network(len(tokenizer), run.recipe.seed)
    network.load_state_dict(run.network.state_dict())
    torch.nn.Module.to(network, torch.bfloat16)
    network.save_pretrained(partial)
    (partial / "model.safetensors").chmod(0o644)  # it is written for its owner alone
    tokenizer.save_pretrained(partial)
    card: dict[str, object] = {
        "name": "wind tunnel",
        "parameters": sum(p.numel() for p in network.parameters()),
        "command": command,
        "recipe": asdict(run.recipe),
        "progress": asdict(run.progress),
        "before": run.before,
        "probes": figures,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "python": platform.python_version(),
    }
    (partial / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    replace_folder(partial, out)
    return card


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=0.0, help="of training proper")
    parser.add_argument("--tokens", type=int, default=0, help="instead of minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="of this process, at least 1")
    parser.add_argument("--out", type=Path, default=BASE)
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    parser.add_argument("--after", type=Path, help="checkpoint of another run to go on from")
    parser.add_argument("--rate", type=float, default=STANDARD.learning_rate)
    parser.add_argument("--decay-share", type=float, default=STANDARD.decay_share)
    parser.add_argument("--short-share", type=float, default=STANDARD.short_share)
    parser.add_argument("--batch-tokens", type=int, default=STANDARD.batch_tokens)
    told = sys.argv[1:] if arguments is None else arguments
    chosen = parser.parse_args(told)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)
    recipe = Recipe(
        seed=chosen.seed,
        learning_rate=chosen.rate,
        decay_share=chosen.decay_share,
        short_share=chosen.short_share,
        batch_tokens=chosen.batch_tokens,
    )
    train_base(
        chosen.out,
        Budget(chosen.minutes, chosen.tokens),
        recipe,
        checkpoints=chosen.checkpoints,
        after=chosen.after,
        command=shlex.join(["python", "-m", "personas.windtunnel.training", *told]),
    )


if __name__ == "__main__":
    main()
