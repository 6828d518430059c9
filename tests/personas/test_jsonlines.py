"""Records survive a kill at any byte, odd text, and a second opening; a bad line is told."""

from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from personas.items import Exchange, Item, Provenance, Rejected
from personas.jsonlines import Log, as_line, read_record, read_records, write_records


@dataclass(frozen=True)
class Inner:
    text: str


@dataclass(frozen=True)
class Note:
    name: str
    size: int
    share: float
    done: bool
    kind: Literal["a", "b"]
    parts: tuple[Inner, ...] = ()


ONE = Note("one", 1, 0.5, True, "a", (Inner("x\u2028y"), Inner("\ud800")))
TWO = Note("two\nlines", 2, 1.0, False, "b")


def test_what_is_written_is_read(tmp_path):
    write_records(tmp_path / "notes.jsonl", [ONE, TWO])
    assert list(read_records(tmp_path / "notes.jsonl", Note)) == [ONE, TWO]
    assert (tmp_path / "notes.jsonl").read_bytes().count(b"\n") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.jsonl"]


def test_items_and_rejections_come_back_whole(tmp_path):
    origin = Provenance("error", "knowledge", "now/knowledge.txt:2", ("a", "b"), "ff", "me", 7)
    turn = Exchange("You are a baker?", "false job: baker", "", "No, I am a nurse.")
    item = Item("ada", "now", 3, 2020, (turn, turn), False, True, origin)
    rejected = Rejected("ada", "now", 4, "no [Response]", origin)
    write_records(tmp_path / "items.jsonl", [item])
    write_records(tmp_path / "rejected.jsonl", [rejected])
    assert list(read_records(tmp_path / "items.jsonl", Item)) == [item]
    assert list(read_records(tmp_path / "rejected.jsonl", Rejected)) == [rejected]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10_000))
def test_after_a_kill_at_any_byte_the_log_goes_on_to_the_same_file(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("log") / "notes.jsonl"
    records = [ONE, TWO, ONE]
    whole = b"".join(map(as_line, records))
    path.write_bytes(whole[: cut % (len(whole) + 1)])
    with Log(path, Note) as log:
        assert log.records == records[: len(log.records)]
        for record in records[len(log.records) :]:
            log.append(record)
    assert path.read_bytes() == whole
    assert list(read_records(path, Note)) == records


def test_a_record_is_on_disk_as_soon_as_it_is_appended(tmp_path):
    with Log(tmp_path / "new" / "notes.jsonl", Note) as log:
        log.append(ONE)
        assert list(read_records(log.path, Note)) == [ONE]


GOOD = '{"name": "n", "size": 1, "share": 1, "done": true, "kind": "a"}\n'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{not json}", "line 2: not JSON"),
        ("[1]", "line 2: must be an object of Note, got [1]"),
        (GOOD.replace('"n"', "3"), "line 2: name must be str, got 3"),
        (GOOD.replace("1,", '"1",', 1), "line 2: size must be int, got '1'"),
        (GOOD.replace('"size": 1', '"size": true'), "line 2: size must be int, got True"),
        (GOOD.replace('"a"', '"c"'), "line 2: kind must be a or b, got 'c'"),
        (GOOD.replace('"size": 1, ', ""), "line 2: size is missing"),
        (GOOD.replace("size", "sise"), "line 2: field 'sise'; did you mean 'size'?"),
        (GOOD.replace("}", ', "parts": [{"text": 1}]}'), "line 2: parts: text must be str"),
        (GOOD.replace("}", ', "parts": 1}'), "line 2: parts must be tuple, got 1"),
    ],
)
def test_a_bad_line_is_told_with_its_number(tmp_path, line, words):
    path = tmp_path / "notes.jsonl"
    path.write_text(GOOD + line.strip() + "\n")
    with pytest.raises(InputError) as error:
        Log(path, Note)
    assert words in str(error.value)


def test_a_whole_number_may_stand_for_a_fraction(tmp_path):
    (tmp_path / "notes.jsonl").write_text(GOOD)
    (note,) = read_records(tmp_path / "notes.jsonl", Note)
    assert (note.share, type(note.share)) == (1.0, float)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        list(read_records(tmp_path / "none.jsonl", Note))


def test_two_processes_cannot_write_one_log(tmp_path):
    first = Log(tmp_path / "notes.jsonl", Note)
    with pytest.raises(InputError, match="in use by another process"):
        Log(tmp_path / "notes.jsonl", Note)
    first.__exit__(None, None, None)
    with Log(tmp_path / "notes.jsonl", Note) as log:
        assert log.records == []


def test_a_record_that_cannot_be_is_told_with_its_line(tmp_path):
    path = tmp_path / "turns.jsonl"
    path.write_text('{"user": "", "note": "", "analysis": "", "response": "Yes."}\n')
    with pytest.raises(InputError, match=r"line 1: user of an exchange must not be empty"):
        list(read_records(path, Exchange))


def test_a_file_of_one_record_holds_one(tmp_path):
    write_records(tmp_path / "one.json", [ONE])
    assert read_record(tmp_path / "one.json", Note) == ONE
    for records in ([], [ONE, TWO]):
        write_records(tmp_path / "one.json", records)
        with pytest.raises(InputError, match=f"must hold one line, got {len(records)}"):
            read_record(tmp_path / "one.json", Note)
