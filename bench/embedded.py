"""How fast the embedded engine is, beside plain peft, on the same requests in the same run.

    OMP_NUM_THREADS=2 python -m bench.embedded --threads 2

Without `--model`, a random model of the wind tunnel's size is made: speed does not depend on
what the weights say.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from agents.engines.basemodel import Dtype
from agents.engines.embedded import EmbeddedEngine
from personas.adapter import Adapter
from personas.model import Control, Reply, Request, Sampling, Spoken
from personas.rendering import Renderer
from tests.tiny import tiny_adapter, tiny_model

AGENTS = 32
ADAPTERS = 8
PROMPT_TOKENS = (110, 300)  # a first round's, and a later one's; read from nothing
NEW_TOKENS = 48
ROUNDS = 8
WORDS = ("I", "am", "for", "it", "because", "the", "town", "needs", "more", "light", "on", "Mill")


class OneAtATime:
    """Plain peft: all adapters on one model, switched before each agent's `generate`."""

    def __init__(self, folder: Path, adapters: Sequence[Adapter], dtype: Dtype) -> None:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype))
        first, *rest = adapters
        self._model = PeftModel.from_pretrained(model, first.folder, first.fingerprint).eval()
        for adapter in rest:
            self._model.load_adapter(adapter.folder, adapter.fingerprint)
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._renderer = Renderer(self._tokenizer)

    @torch.inference_mode()
    def generate(self, request: Request) -> str:
        """Greedy words, as the engine would say them."""
        assert request.adapter is not None
        self._model.set_adapter(request.adapter.fingerprint)
        tokens = torch.tensor([self._renderer.render(request.prompt)])
        said = self._model.generate(
            input_ids=tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=request.sampling.max_tokens,
            do_sample=False,
        )
        return self._renderer.decode(said[0, tokens.shape[1] :].tolist())


def talk(engine: EmbeddedEngine, rng: random.Random, tokens: int) -> tuple[Spoken, ...]:
    """Lines of a discussion, of about so many tokens together."""
    lines: list[Spoken] = []
    while tokens > 0:
        lines.append(Spoken(f"Ada Lind: {' '.join(rng.choices(WORDS, k=8))}.\n"))
        tokens -= engine.count_tokens(lines[-1].text)
    return tuple(lines)


def turn(heard: Sequence[Spoken], adapter: Adapter | None, tokens: int) -> Request:
    """One agent's turn after what it has heard."""
    system = (Control("system"), Spoken("You are Ada Lind. The year is 2020."))
    prompt = (*system, Control("user"), *heard, Control("assistant"))
    return Request(prompt, adapter, Sampling(max_tokens=tokens, temperature=0))


def timed(start: float) -> float:
    return time.perf_counter() - start


async def speaking(
    engine: EmbeddedEngine,
    plain: OneAtATime,
    adapters: Sequence[Adapter],
    pairs: int,
    prompt_tokens: int,
) -> None:
    """32 turns in flight with 8 adapters, against one agent at a time."""
    ratios, ours, theirs, same = [], [], [], 0
    for pair in range(pairs + 1):
        rng = random.Random(pair)
        requests = [
            turn(talk(engine, rng, prompt_tokens - 40), adapters[i % ADAPTERS], NEW_TOKENS)
            for i in range(AGENTS)
        ]
        start = time.perf_counter()
        replies: list[Reply] = await asyncio.gather(*map(engine.generate, requests))
        mine = timed(start)
        start = time.perf_counter()
        texts = [plain.generate(request) for request in requests]
        other = timed(start)
        if pair == 0:  # warms both up
            continue
        tokens = sum(reply.new_tokens for reply in replies)
        same += sum(reply.text == text for reply, text in zip(replies, texts, strict=True))
        ours.append(tokens / mine)
        theirs.append(tokens / other)
        ratios.append(other / mine)
    prompt = statistics.mean(reply.prompt_tokens for reply in replies)
    print(f"{AGENTS} turns, {ADAPTERS} adapters, prompts of {prompt:.0f} tokens, median of {pairs}")
    print(f"  embedded engine      {statistics.median(ours):7.0f} new tokens/s")
    print(f"  peft, one at a time  {statistics.median(theirs):7.0f} new tokens/s")
    print(f"  ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"  same text {same} of {pairs * AGENTS}")


async def asking(engine: EmbeddedEngine, adapters: Sequence[Adapter]) -> None:
    """Surveys in both orders after one discussion each."""
    rng = random.Random(-1)
    for label, tokens in (("short", 300), ("long", 1500)):
        heard = [talk(engine, rng, tokens) for _ in range(AGENTS)]
        orders = ("A: for. B: against.", "A: against. B: for.")
        requests = [
            turn((*heard[i], Spoken(f"Moderator: {order} Reply with one letter.\n")), adapter, 1)
            for i in range(AGENTS)
            for adapter in (adapters[i % ADAPTERS],)
            for order in orders
        ]
        start = time.perf_counter()
        scores = await asyncio.gather(*(engine.score(request, "AB") for request in requests))
        seconds = timed(start)
        prompt = statistics.mean(score.prompt_tokens for score in scores)
        print(f"surveys, {label} ({prompt:.0f} tokens): {len(scores) / seconds:.0f} scores/s")


async def discussing(engine: EmbeddedEngine, adapters: Sequence[Adapter], agents: int = 12) -> None:
    """The engine's share of a discussion: all speak each round and are surveyed twice."""
    rng = random.Random(-2)
    heard: list[tuple[Spoken, ...]] = [talk(engine, rng, 1) for _ in range(agents)]
    start = time.perf_counter()
    turns, surveys = 0.0, 0.0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        requests = [turn(heard[i], adapters[i % ADAPTERS], NEW_TOKENS) for i in range(agents)]
        await asyncio.gather(*map(engine.generate, requests))
        turns += timed(start)
        heard = [(*lines, *talk(engine, rng, 200)) for lines in heard]
        start = time.perf_counter()
        asked = [
            turn((*heard[i], Spoken(f"Moderator: {order}\n")), adapters[i % ADAPTERS], 1)
            for i in range(agents)
            for order in ("A: for. B: against.", "A: against. B: for.")
        ]
        scores = await asyncio.gather(*(engine.score(request, "AB") for request in asked))
        surveys += timed(start)
    print(
        f"{agents} agents, {ROUNDS} rounds, last context {scores[-1].prompt_tokens} tokens: "
        f"turns {turns:.1f} s, surveys {surveys:.1f} s"
    )


async def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a model's folder; default: a random one")
    parser.add_argument("--dtype", choices=get_args(Dtype), default="float32", help="of both")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as made:
        folder = options.model or tiny_model(
            Path(made) / "base",
            hidden=256, layers=4, head_dim=64, kv_heads=2, ffn=704, vocab=2304, context=2048,
        )  # fmt: skip
        adapters = [
            tiny_adapter(Path(made) / f"adapter{i}", folder, i, rank=8) for i in range(ADAPTERS)
        ]
        async with EmbeddedEngine(folder, options.dtype, threads=options.threads) as engine:
            print(f"{engine.identity.version}, {engine.identity.dtype}, {options.threads} threads")
            plain = OneAtATime(folder, adapters, options.dtype)
            for prompt_tokens in PROMPT_TOKENS:
                await speaking(engine, plain, adapters, options.pairs, prompt_tokens)
            await asking(engine, adapters)
            await discussing(engine, adapters)


if __name__ == "__main__":
    asyncio.run(main())
