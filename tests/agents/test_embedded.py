import asyncio
import dataclasses
import json
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoTokenizer, LlamaForCausalLM

from agents.engines import embedded
from agents.engines.basemodel import BaseModel
from agents.engines.embedded import EmbeddedEngine
from agents.engines.prefixcounts import PrefixCounts
from personas.adapter import Adapter, load_adapter
from personas.errors import EngineError, InputError
from personas.identity import base_identity
from personas.model import Control, Request, Sampling, Spoken
from personas.rendering import Renderer
from tests.tiny import tiny_adapter, tiny_model

LETTERS = "ABCDE"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("embedded")
    tiny_model(home / "base")
    for seed in range(3):
        tiny_adapter(home / f"adapter{seed}", home / "base", seed)
    return home


@pytest.fixture(scope="module")
def adapters(home: Path) -> list[Adapter | None]:
    return [None, *(load_adapter(home / f"adapter{seed}", None) for seed in range(3))]


@pytest.fixture
async def engine(home: Path) -> AsyncIterator[EmbeddedEngine]:
    async with EmbeddedEngine(home / "base") as engine:
        yield engine


def ask(
    heard: str = "Moderator: hi\n",
    adapter: Adapter | None = None,
    sampling: Sampling = Sampling(max_tokens=12),
    seed: int = 0,
    priority: float = 0.0,
) -> Request:
    prompt = (
        Control("system"),
        Spoken("You are Ada Lind. The year is 2020."),
        Control("user"),
        Spoken(heard),
        Control("assistant"),
    )
    return Request(prompt, adapter, sampling, seed, priority)


def several(adapters: list[Adapter | None], count: int, temperature: float = 0.7) -> list[Request]:
    """Requests of many lengths, adapters and seeds."""
    sampling = Sampling(max_tokens=16, temperature=temperature)
    return [
        ask("Bo: no. " * (i % 9) + "\n", adapters[i % len(adapters)], sampling, seed=i)
        for i in range(count)
    ]


@torch.inference_mode()
def by_peft(home: Path, request: Request) -> LlamaForCausalLM:
    model = LlamaForCausalLM.from_pretrained(home / "base")
    if request.adapter:
        model = PeftModel.from_pretrained(model, request.adapter.folder)
    return model.eval()


def rendered(home: Path, request: Request) -> tuple[Renderer, torch.Tensor]:
    renderer = Renderer(AutoTokenizer.from_pretrained(home / "base"))
    return renderer, torch.tensor([renderer.render(request.prompt)])


async def test_greedy_replies_are_what_peft_generates(
    engine: EmbeddedEngine, home: Path, adapters: list[Adapter | None]
) -> None:
    requests = several(adapters, 8, temperature=0)
    replies = await asyncio.gather(*map(engine.generate, requests))
    for request, reply in zip(requests, replies, strict=True):
        renderer, tokens = rendered(home, request)
        said = by_peft(home, request).generate(
            input_ids=tokens, attention_mask=torch.ones_like(tokens),
            max_new_tokens=16, do_sample=False,
        )  # fmt: skip
        assert reply.text == renderer.decode(said[0, tokens.shape[1] :].tolist())
        assert reply.prompt_tokens == tokens.shape[1]


async def test_scores_are_what_peft_computes(
    engine: EmbeddedEngine, home: Path, adapters: list[Adapter | None]
) -> None:
    for request in several(adapters, 4):
        scores = await engine.score(request, LETTERS)
        renderer, tokens = rendered(home, request)
        with torch.inference_mode():
            logits = by_peft(home, request)(tokens).logits[0, -1]
        expected = torch.log_softmax(logits, -1)[renderer.option_ids(LETTERS)]
        torch.testing.assert_close(torch.tensor(scores.logprobs), expected, rtol=0, atol=1e-4)
        assert scores.prompt_tokens == tokens.shape[1]


async def test_sixteen_replies_are_the_same_alone_and_in_a_batch_of_64(
    engine: EmbeddedEngine, adapters: list[Adapter | None]
) -> None:
    requests = several(adapters, 64)
    together = await asyncio.gather(*map(engine.generate, requests))
    alone = [await engine.generate(request) for request in requests[:16]]
    assert alone == list(together[:16])
    backwards = await asyncio.gather(*map(engine.generate, requests[::-1]))
    assert list(backwards[::-1]) == list(together)


async def test_a_long_prompt_and_short_ones_do_not_disturb_each_other(
    engine: EmbeddedEngine, adapters: list[Adapter | None]
) -> None:
    requests = [
        ask("Bo: no. " * times + "\n", adapters[i % len(adapters)], seed=i)
        for i, times in enumerate((55, 0, 1, 0, 2, 50))
    ]
    together = await asyncio.gather(*map(engine.generate, requests))
    assert [await engine.generate(request) for request in requests] == list(together)


async def test_the_prefix_cache_changes_no_reply(
    home: Path, engine: EmbeddedEngine, adapters: list[Adapter | None]
) -> None:
    requests = [
        ask("Bo: no. " * lines + tail, adapter, seed=lines)
        for adapter in adapters
        for lines in (5, 9, 14)
        for tail in ("\n", "A: for. B: against.\n", "A: against. B: for.\n")
    ]
    async with EmbeddedEngine(home / "base", prefix_bytes=0) as forgetful:
        for request in requests:
            assert await engine.generate(request) == await forgetful.generate(request)
            kept = await engine.score(request, "AB")
            fresh = await forgetful.score(request, "AB")
            assert kept.logprobs == pytest.approx(fresh.logprobs, abs=1e-4)


async def test_what_the_prefix_cache_held_is_counted(engine: EmbeddedEngine) -> None:
    assert engine.prefix_counts() == PrefixCounts(0, 0)
    tokens = (await engine.generate(ask())).prompt_tokens
    assert engine.prefix_counts() == PrefixCounts(tokens, 0)
    await engine.generate(ask())  # the last token is read again, for what follows it
    assert engine.prefix_counts() == PrefixCounts(2 * tokens, tokens - 1)


async def test_seed_and_sampling_decide(engine: EmbeddedEngine) -> None:
    hot = Sampling(max_tokens=12, temperature=2.0, top_p=1.0)
    texts = [(await engine.generate(ask(sampling=hot, seed=seed))).text for seed in range(6)]
    assert len(set(texts)) == 6
    cold = Sampling(max_tokens=12, temperature=0.0)
    greedy = {(await engine.generate(ask(sampling=cold, seed=seed))).text for seed in range(3)}
    assert len(greedy) == 1


async def test_a_reply_is_cut_at_max_tokens_and_says_so(engine: EmbeddedEngine) -> None:
    replies = [
        await engine.generate(ask(sampling=Sampling(max_tokens=length))) for length in (1, 3)
    ]
    assert [(reply.finish, reply.new_tokens) for reply in replies] == [("length", 1), ("length", 3)]


async def test_a_reply_stops_at_the_end_token(tmp_path: Path) -> None:
    # Every token follows every other evenly; the nucleus of all of them reaches the end token.
    base = tiny_model(tmp_path / "base")
    flat = LlamaForCausalLM.from_pretrained(base)
    torch.nn.init.zeros_(flat.model.norm.weight)
    flat.save_pretrained(base)
    sampling = Sampling(max_tokens=300, temperature=1.0, top_p=1.0)
    async with EmbeddedEngine(base) as engine:
        requests = [ask(sampling=sampling, seed=seed) for seed in range(64)]
        replies = await asyncio.gather(*map(engine.generate, requests))
    stopped = [reply for reply in replies if reply.finish == "stop"]
    # P(stop within 300) = 1 - (299/300)^300 = 0.63: 40 of 64, standard deviation 3.9.
    assert 28 <= len(stopped) <= 52
    assert all(reply.new_tokens < 300 for reply in stopped)


async def test_urgent_replies_come_first(home: Path) -> None:
    order: list[int] = []

    async def one(engine: EmbeddedEngine, priority: int) -> None:
        await engine.generate(ask(seed=priority, priority=float(priority)))
        order.append(priority)

    async with EmbeddedEngine(home / "base", max_batch=1) as engine:
        await asyncio.gather(*(one(engine, priority) for priority in (9, 5, 3, 8, 1)))
    assert order[1:] == sorted(order[1:])  # the first was alone in the queue


async def test_scores_wait_for_replies_that_are_due_earlier(engine: EmbeddedEngine) -> None:
    order: list[str] = []

    async def reply(priority: float) -> None:
        await engine.generate(ask(priority=priority))
        order.append("reply")

    async def score(priority: float, name: str) -> None:
        await engine.score(ask("Bo: really?\n", priority=priority), LETTERS)
        order.append(name)

    await asyncio.gather(reply(2.0), score(9.0, "late"), score(1.0, "early"))
    assert order == ["early", "reply", "late"]


async def test_giving_up_harms_nobody_else(engine: EmbeddedEngine) -> None:
    expected = await engine.generate(ask(seed=1))
    long = Sampling(max_tokens=300)
    tasks = [
        asyncio.create_task(engine.generate(ask(sampling=long, seed=seed))) for seed in range(4)
    ]
    kept = asyncio.create_task(engine.generate(ask(seed=1)))
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    assert await kept == expected
    assert all(isinstance(r, asyncio.CancelledError) for r in await asyncio.gather(
        *tasks, return_exceptions=True
    ))  # fmt: skip
    assert await engine.generate(ask(seed=1)) == expected


async def test_a_reply_given_up_makes_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forwards, compute, begun = 0, BaseModel.next_logits, threading.Event()

    def counted(*arguments: object) -> torch.Tensor:
        nonlocal forwards
        forwards += 1
        begun.set()
        return compute(*arguments)  # type: ignore[arg-type]

    async with EmbeddedEngine(home / "base", max_batch=1) as engine:
        monkeypatch.setattr(BaseModel, "next_logits", counted)
        long = asyncio.create_task(engine.generate(ask(sampling=Sampling(max_tokens=450))))
        await asyncio.to_thread(begun.wait)
        long.cancel()
        await engine.generate(ask(sampling=Sampling(max_tokens=3)))
    assert forwards < 400


async def test_one_bad_adapter_harms_nobody_else(
    engine: EmbeddedEngine, adapters: list[Adapter | None], tmp_path: Path
) -> None:
    assert adapters[1] is not None
    gone = dataclasses.replace(adapters[1], folder=tmp_path / "gone", fingerprint="f" * 32)
    outcomes = await asyncio.gather(
        engine.generate(ask()),
        engine.generate(ask(adapter=gone)),
        engine.score(ask(adapter=gone), LETTERS),
        return_exceptions=True,
    )
    assert not isinstance(outcomes[0], Exception)
    for outcome in outcomes[1:]:
        assert isinstance(outcome, EngineError)
        assert "gone" in str(outcome)


async def test_an_adapter_of_another_base_is_refused(
    engine: EmbeddedEngine, adapters: list[Adapter | None]
) -> None:
    assert adapters[1] is not None
    foreign = dataclasses.replace(adapters[1], base="0" * 32)
    with pytest.raises(EngineError, match="trained on base 000000000000, this engine"):
        await engine.generate(ask(adapter=foreign))


async def test_a_prompt_beyond_the_context_is_refused(engine: EmbeddedEngine) -> None:
    assert engine.context_tokens == 512
    fits = 512 - len(engine._renderer.render(ask("").prompt)) - 12
    assert (await engine.generate(ask("a" * fits))).prompt_tokens == 500
    with pytest.raises(EngineError, match="prompt of 501 tokens plus max_tokens 12 exceeds"):
        await engine.generate(ask("a" * (fits + 1)))
    await engine.score(ask("a" * (fits + 11)), LETTERS)
    with pytest.raises(EngineError, match="prompt of 512 tokens"):
        await engine.score(ask("a" * (fits + 12)), LETTERS)


async def test_options_of_several_tokens_are_refused(engine: EmbeddedEngine) -> None:
    with pytest.raises(EngineError, match="'strongly for' must be one token"):
        await engine.score(ask(), ["A", "strongly for"])


async def test_a_closed_engine_says_so(home: Path) -> None:
    engine = EmbeddedEngine(home / "base", max_batch=1)
    waiting = [asyncio.create_task(engine.generate(ask(seed=seed))) for seed in range(20)]
    await asyncio.sleep(0)
    await engine.aclose()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert any(isinstance(outcome, EngineError) for outcome in outcomes)
    with pytest.raises(EngineError, match="closed"):
        await engine.generate(ask())
    await engine.aclose()  # twice does no harm


async def test_a_broken_model_is_an_engine_error_and_the_engine_lives_on(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> torch.Tensor:
        raise RuntimeError("out of memory")

    expected = await engine.generate(ask())
    with monkeypatch.context() as patch:
        patch.setattr("agents.engines.speaker.draw", fail)
        with pytest.raises(EngineError, match="RuntimeError: out of memory"):
            await engine.generate(ask())
    assert await engine.generate(ask()) == expected


def test_identity_names_everything_a_reply_depends_on(home: Path) -> None:
    identity = EmbeddedEngine(home / "base", dtype="bfloat16").identity
    assert identity.engine == "embedded"
    assert identity.base == base_identity(home / "base")
    assert identity.dtype == "bfloat16"
    assert torch.__version__ in identity.version


async def test_half_precision_runs(home: Path, adapters: list[Adapter | None]) -> None:
    async with EmbeddedEngine(home / "base", dtype="bfloat16") as engine:
        replies = await asyncio.gather(*map(engine.generate, several(adapters, 8)))
    assert all(reply.new_tokens for reply in replies)


@pytest.mark.parametrize(
    ("small", "asked", "told"), [(10**9, None, [1]), (0, None, []), (10**9, 2, [2]), (0, 2, [2])]
)
async def test_a_small_model_computes_in_one_thread_unless_told_otherwise(
    home: Path, monkeypatch: pytest.MonkeyPatch, small: int, asked: int | None, told: list[int]
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", seen.append)
    monkeypatch.setattr(embedded, "SMALL", small)
    async with EmbeddedEngine(home / "base", threads=asked) as engine:
        await engine.generate(ask())
    assert seen == told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"dtype": "int8"}, "dtype must be one of float32, .* got 'int8'"),
        ({"max_batch": 0}, "max_batch must be at least 1, got 0"),
        ({"threads": 0}, "threads must be at least 1 or None, got 0"),
        ({"prefix_bytes": -1}, "prefix_bytes must be at least 0, got -1"),
    ],
)
def test_a_number_out_of_range_is_named(
    home: Path, arguments: dict[str, object], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        EmbeddedEngine(home / "base", **arguments)  # type: ignore[arg-type]


def test_a_wrong_path_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere does not exist"):
        EmbeddedEngine(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("config.json", '{"model_type": "martian"}', "cannot load"),
        ("config.json", "{", "cannot load"),
        ("tokenizer.json", "{", "cannot load the tokenizer"),
        ("model.safetensors", "", "not a whole safetensors file"),
    ],
)
def test_a_broken_base_is_named(
    home: Path, tmp_path: Path, name: str, content: str, says: str
) -> None:
    base = Path(shutil.copytree(home / "base", tmp_path / "base"))
    (base / name).write_text(content)
    with pytest.raises(InputError, match=says):
        EmbeddedEngine(base)


def test_an_architecture_that_attends_otherwise_is_refused(tmp_path: Path) -> None:
    from transformers import Gemma2Config, Gemma2ForCausalLM

    base = tiny_model(tmp_path / "base")
    torch.manual_seed(0)
    capped = Gemma2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
        head_dim=16, intermediate_size=64, vocab_size=300, max_position_embeddings=512,
        initializer_range=0.5, attn_logit_softcapping=0.1, query_pre_attn_scalar=16,
    )  # fmt: skip
    Gemma2ForCausalLM(capped).save_pretrained(base)
    with pytest.raises(InputError, match="embedded engine cannot run"):
        EmbeddedEngine(base)


def test_a_sliding_window_shortens_the_context(tmp_path: Path) -> None:
    from transformers import MistralConfig, MistralForCausalLM

    base = tiny_model(tmp_path / "base")
    config = json.loads((base / "config.json").read_text())
    sizes = {key: config[key] for key in ("hidden_size", "num_hidden_layers", "vocab_size")}
    MistralForCausalLM(
        MistralConfig(
            **sizes, num_attention_heads=2, num_key_value_heads=1, head_dim=16,
            intermediate_size=64, max_position_embeddings=512, sliding_window=100,
        )
    ).save_pretrained(base)  # fmt: skip
    assert EmbeddedEngine(base).context_tokens == 100
