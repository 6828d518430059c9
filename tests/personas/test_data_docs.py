"""docs/persona-data.md cannot go stale: it names every file, pattern and kind of worse answer."""

from pathlib import Path
from typing import get_args

from personas import datafolder, dataset, reanswering
from personas.items import Negative, Pattern
from personas.recipe import DataRecipe

PAGE = (Path(__file__).parents[2] / "docs" / "persona-data.md").read_text(encoding="utf-8")


def test_every_file_is_named():
    constants = [
        value
        for module in (datafolder, dataset, reanswering)
        for name, value in vars(module).items()
        if name.isupper() and str(value).endswith((".json", ".jsonl"))
    ]
    assert len(constants) == 13
    for name in constants:
        assert f"`{name}`" in PAGE


def test_every_pattern_stands_with_its_weight_and_every_worse_answer():
    recipe = DataRecipe()
    for pattern in get_args(Pattern):
        weight = recipe.weights.get(pattern)
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| {pattern} |"))
        assert row.endswith(f"| {weight:.2f} |") if weight else f"{recipe.general:.0%}"[:-1] in row
    for negative in get_args(Negative):
        assert f"| {negative} |" in PAGE
