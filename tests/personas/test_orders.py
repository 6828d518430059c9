"""A folder of work goes on with what it was begun with, for one process at a time."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from personas.errors import InputError
from personas.orders import ORDER, alone_in, claim


@dataclass(frozen=True)
class Size:
    rows: int
    share: float = 0.5


@dataclass(frozen=True)
class Job:
    name: str
    size: Size


JOB = Job("a", Size(3))


def test_the_same_order_goes_on_and_another_is_refused_by_its_first_difference(
    tmp_path: Path,
) -> None:
    claim(tmp_path / "new", "job", JOB)
    written = (tmp_path / "new" / ORDER).read_bytes()
    claim(tmp_path / "new", "job", JOB)
    assert (tmp_path / "new" / ORDER).read_bytes() == written
    with pytest.raises(InputError, match=r"holds a job with size\.rows 3, got 4; choose another"):
        claim(tmp_path / "new", "job", Job("a", Size(4, 0.1)))


def test_one_process_at_a_time(tmp_path: Path) -> None:
    claim(tmp_path, "job", JOB)
    with (
        alone_in(tmp_path),
        pytest.raises(InputError, match="in use by another"),
        alone_in(tmp_path),
    ):
        pass
    with alone_in(tmp_path):
        pass


def test_a_damaged_order_is_told(tmp_path: Path) -> None:
    (tmp_path / ORDER).write_text("{}\n")
    with pytest.raises(InputError, match="name is missing"):
        claim(tmp_path, "job", JOB)
