"""docs/persona-examination.md cannot go stale: it names every measure, arm and file."""

from pathlib import Path

from personas.examination import results
from personas.examination.meanings import GROUPS
from personas.examination.page import JSON, PAGE
from personas.examination.scale import COLUMNS
from personas.examination.timeliness import TIME_KINDS
from personas.examination.voices import ARM_KINDS

TOLD = (Path(__file__).parents[3] / "docs" / "persona-examination.md").read_text(encoding="utf-8")


def test_every_measure_is_explained():
    for measure in (one for group in GROUPS for one in group.measures):
        assert measure.partition(":")[0] in TOLD
    assert all(kind in TOLD for kind in TIME_KINDS)


def test_every_arm_and_file_is_named():
    for kind in ARM_KINDS:
        assert kind == "adapter" or f"| `{kind}` |" in TOLD
    names = [value for name, value in vars(results).items()
             if name.isupper() and str(value).endswith((".csv", ".json", ".jsonl"))]  # fmt: skip
    assert len(names) == 6
    for name in (*names, JSON, PAGE, "replies.jsonl"):
        assert f"`{name}`" in TOLD
    assert f"`{','.join(COLUMNS)}`" in TOLD
