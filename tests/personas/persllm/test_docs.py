"""docs/persona-tuning.md cannot go stale: its table is that of the presets."""

from pathlib import Path

from personas.persllm.presets import PRESETS

PAGE = (Path(__file__).parents[3] / "docs" / "persona-tuning.md").read_text(encoding="utf-8")


def test_the_table_holds_the_presets_numbers() -> None:
    lines = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(lines) == 19
    for label, *cells in lines:
        names = [name.strip(" `") for name in label.split(",")]
        for preset, cell in zip(PRESETS.values(), cells, strict=True):
            values: list[object] = []
            for name in names:
                value: object = preset
                for part in name.split("."):
                    value = getattr(value, part)
                values.append(value)
            assert cell.strip() == ", ".join(map(str, values)), names


def test_presets_are_in_the_heading() -> None:
    heading = next(line for line in PAGE.splitlines() if line.startswith("| |"))
    assert [cell.strip(" `") for cell in heading.split("|")[2:-1]] == list(PRESETS)
