"""A run that stops and resumes ends where an unbroken one does, and learns on its way."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from personas.errors import InputError
from personas.windtunnel.document import Document, Message
from personas.windtunnel.packing import Batch, Position, StreamSpec, make_shard
from personas.windtunnel.recipe import Budget, Progress, Recipe
from personas.windtunnel.tokenizer import train_tokenizer
from personas.windtunnel.training import Run, Watch, replace_folder, take_tokenizer_along

RECIPE = Recipe(seed=3, batch_tokens=256, learning_rate=1e-2, warmup_steps=4, short_share=0.0)


def toy(rng: random.Random, shard: int) -> Iterator[Document]:
    while True:
        word = rng.choice(("chess", "fishing", "rowing"))
        system = Message("system", (f"Hobby: {word}.",))
        asked = Message("user", ("Moderator: Your hobby?\n",))
        yield Document((system, asked, Message("assistant", (f"I like {word}.",))))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("tokenizer")
    lines = ["Hobby: chess.", "Moderator: Your hobby?\n", "I like fishing.", "I like rowing."]
    train_tokenizer(lines * 20, 300).save_pretrained(where)
    return where


@pytest.fixture(scope="module")
def batches(folder: Path) -> list[Batch]:
    spec = StreamSpec(0, 256, shard_documents=160, longest=256)
    return list(make_shard(toy, folder, spec, 0).batches)


def advance(run: Run, batches: list[Batch], steps: int) -> list[float]:
    losses = []
    for _ in range(steps):
        batch = batches[run.progress.position.batch]
        losses.append(run.train_step(batch, 0.0))
        run.progress = Progress(
            run.progress.step + 1,
            run.progress.tokens + batch.tokens,
            run.progress.seconds + 1.0,
            Position(0, run.progress.position.batch + 1),
        )
    return losses


def test_a_resumed_run_equals_an_unbroken_one(batches: list[Batch], tmp_path: Path) -> None:
    unbroken = Run(300, RECIPE)
    expected = advance(unbroken, batches, 6)
    first = Run(300, RECIPE)
    begun = advance(first, batches, 3)
    first.save(tmp_path / "latest.pt")
    second = Run(300, RECIPE)
    second.load(tmp_path / "latest.pt")
    assert second.progress == first.progress
    assert begun + advance(second, batches, 3) == expected
    for one, other in zip(second.network.parameters(), unbroken.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_the_loss_falls(batches: list[Batch]) -> None:
    losses = advance(Run(300, RECIPE), batches, 14)
    assert losses[0] > 4.5, "an untrained network guesses among 300 entries: log(300) = 5.7"
    assert losses[-1] < 0.6 * losses[0]


def test_a_run_goes_on_from_another_and_says_so(batches: list[Batch], tmp_path: Path) -> None:
    first = Run(300, RECIPE)
    advance(first, batches, 3)
    first.save(tmp_path / "first.pt")
    second = Run(300, replace(RECIPE, learning_rate=1e-3))
    second.go_on_from(tmp_path / "first.pt")
    assert second.progress == Progress(position=Position(0, 3))
    assert torch.equal(second.network.lm_head.weight, first.network.lm_head.weight)
    (done,) = second.before
    assert done["recipe"] == asdict(RECIPE)
    second.save(tmp_path / "second.pt")
    third = Run(300, replace(RECIPE, learning_rate=1e-3))
    third.load(tmp_path / "second.pt")
    assert third.before == second.before


def test_going_on_in_a_new_folder_keeps_the_tokenizer(tmp_path: Path, folder: Path) -> None:
    earlier, later = tmp_path / "earlier", tmp_path / "later"
    shutil.copytree(folder, earlier / "tokenizer")
    Run(300, RECIPE).save(earlier / "latest.pt")
    take_tokenizer_along(earlier / "latest.pt", later)
    kept = (later / "tokenizer" / "tokenizer.json").read_bytes()
    assert kept == (folder / "tokenizer.json").read_bytes()
    (later / "tokenizer" / "tokenizer.json").write_text("its own")
    take_tokenizer_along(earlier / "latest.pt", later)
    assert (later / "tokenizer" / "tokenizer.json").read_text() == "its own"


def test_a_checkpoint_of_another_recipe_is_refused(batches: list[Batch], tmp_path: Path) -> None:
    Run(300, RECIPE).save(tmp_path / "latest.pt")
    with pytest.raises(InputError, match="use the same or another folder"):
        Run(300, replace(RECIPE, seed=4)).load(tmp_path / "latest.pt")


def test_a_crash_while_saving_leaves_the_old_checkpoint(
    batches: list[Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(300, RECIPE)
    run.save(tmp_path / "latest.pt")
    whole = (tmp_path / "latest.pt").read_bytes()

    def torn(state: object, file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", torn)
    with pytest.raises(OSError, match="disk full"):
        run.save(tmp_path / "latest.pt")
    assert (tmp_path / "latest.pt").read_bytes() == whole


def test_training_stops_at_its_budget_and_keeps_the_state_before_decay(
    batches: list[Batch], folder: Path, tmp_path: Path
) -> None:
    from personas.windtunnel.tokenizer import load_tokenizer

    run = Run(300, RECIPE)
    tokens = sum(batch.tokens for batch in batches[:5])
    endless = ((Position(0, i + 1), batch) for i, batch in enumerate(batches))
    run.train(endless, Budget(tokens=tokens), Watch(tmp_path, load_tokenizer(folder)))
    assert run.progress.tokens == tokens
    assert run.progress.position == Position(0, 5)
    early = Run(300, RECIPE)
    early.load(tmp_path / "stable.pt")
    assert early.progress.step < run.progress.step


def test_the_rate_warms_up_stays_and_decays_to_zero() -> None:
    recipe = Recipe(learning_rate=1.0, warmup_steps=10, decay_share=0.25)
    assert recipe.rate(0, 0.0) == pytest.approx(0.1)
    assert recipe.rate(10, 0.1) == recipe.rate(999, 0.75) == 1.0
    assert recipe.rate(999, 0.875) == pytest.approx(0.5)
    assert recipe.rate(999, 1.0) == 0.0


@pytest.mark.parametrize(("minutes", "tokens"), [(0.0, 0), (1.0, 1)])
def test_a_budget_is_minutes_or_tokens(minutes: float, tokens: int) -> None:
    with pytest.raises(InputError, match="give minutes or tokens"):
        Budget(minutes, tokens)


def test_a_budget_of_tokens_or_minutes_is_spent_in_proportion() -> None:
    assert Budget(tokens=1_000).spent(Progress(tokens=250)) == 0.25
    assert Budget(minutes=2.0).spent(Progress(seconds=30.0)) == 0.25


def test_long_documents_wait_for_their_share_of_the_budget(batches: list[Batch]) -> None:
    recipe = Recipe(short_share=0.5, short_tokens=4)
    assert not recipe.reads(batches[0], 0.4)
    assert recipe.reads(batches[0], 0.5)


def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    old, new = tmp_path / "base", tmp_path / "new"
    for path, text in ((old, "old"), (new, "new")):
        path.mkdir()
        (path / "card.json").write_text(text)
    replace_folder(new, old)
    assert (old / "card.json").read_text() == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["base"]
