import json
import os
from pathlib import Path

import pytest

from personas import identity
from personas.errors import InputError
from personas.identity import base_identity
from personas.tensorfile import open_tensors


def write_tensors(path: Path, tensors: dict[str, tuple[list[int], bytes]]) -> None:
    """A safetensors file of F32 tensors, by the format's own description."""
    entries, offset = {}, 0
    for name, (shape, raw) in tensors.items():
        entries[name] = {
            "dtype": "F32",
            "shape": shape,
            "data_offsets": [offset, offset + len(raw)],
        }
        offset += len(raw)
    header = json.dumps(entries).encode()
    body = b"".join(raw for _, raw in tensors.values())
    path.write_bytes(len(header).to_bytes(8, "little") + header + body)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "config.json").write_text('{"hidden_size": 2}')
    (folder / "tokenizer.json").write_text("{}")
    write_tensors(folder / "model.safetensors", {"w": ([4], bytes(range(16)))})
    return folder


def copy_of(folder: Path, name: str) -> Path:
    twin = folder.with_name(name)
    twin.mkdir()
    for path in folder.iterdir():
        (twin / path.name).write_bytes(path.read_bytes())
    return twin


def test_the_folders_name_does_not_count(base: Path) -> None:
    assert base_identity(base) == base_identity(copy_of(base, "elsewhere"))
    assert len(base_identity(base)) == 32


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_every_file_counts(base: Path, name: str) -> None:
    changed = copy_of(base, "changed")
    raw = bytearray((changed / name).read_bytes())
    raw[-1] ^= 1
    (changed / name).write_bytes(raw)
    assert base_identity(base) != base_identity(changed)


def test_a_chat_template_counts(base: Path) -> None:
    before = base_identity(base)
    (base / "chat_template.jinja").write_text("{{ messages }}")
    assert base_identity(base) != before


def test_a_card_does_not_count(base: Path) -> None:
    before = base_identity(base)
    (base / "card.json").write_text("{}")
    assert base_identity(base) == before


def test_a_changed_file_is_read_again(base: Path) -> None:
    before = base_identity(base)
    (base / "config.json").write_text('{"hidden_size": 4}')  # same size
    os.utime(base / "config.json", ns=(1, 1))
    assert base_identity(base) != before


@pytest.mark.parametrize("position", [0, 40_000 // 2, 39_999])
def test_large_files_are_sampled_at_start_middle_and_end(
    base: Path, position: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "WHOLE_FILE_BYTES", 100)
    raw = bytearray(40_000)
    write_tensors(base / "model.safetensors", {"w": ([10_000], bytes(raw))})
    before = base_identity(base)
    raw[position] = 1
    write_tensors(base / "model.safetensors", {"w": ([10_000], bytes(raw))})
    os.utime(base / "model.safetensors", ns=(position + 1, position + 1))
    assert base_identity(base) != before


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(base: Path, name: str) -> None:
    (base / name).unlink()
    with pytest.raises(InputError, match=name.replace("model", "").replace(".", r"\.")):
        base_identity(base)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere does not exist"):
        base_identity(tmp_path / "nowhere")


def test_a_tensor_is_read_back(base: Path) -> None:
    file = open_tensors(base / "model.safetensors")
    assert file.tensors["w"].shape == (4,)
    assert file.read("w") == bytes(range(16))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda raw: raw[:-1], "bytes, its header says"),
        (lambda raw: raw + b"x", "bytes, its header says"),
        (lambda raw: raw[:5], "cut short"),
        (lambda raw: b"\xff" * 8 + raw[8:], "cut short"),
        (lambda raw: raw[:8] + b"?" + raw[9:], "cannot be read"),
        (lambda raw: raw.replace(b"[4]", b"[5]"), "does not match"),
        (lambda raw: raw.replace(b"[4]", b"4  "), "cannot be read"),
        (lambda raw: raw.replace(b'"F32"', b'"X32"'), "cannot be read"),
        (lambda raw: raw.replace(b"[0,", b"[4,"), "does not match"),
        (lambda raw: b"", "cut short"),
    ],
)
def test_a_broken_weight_file_says_how(base: Path, spoil: object, says: str) -> None:
    path = base / "model.safetensors"
    path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(InputError, match=says):
        open_tensors(path)
