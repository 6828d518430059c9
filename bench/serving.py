"""vLLM behind our seam: simulations against vLLM by itself, prefix cache, surveys, many adapters.

    python -m bench.serving --json figures.json            # all parts, about ten minutes
    python -m bench.serving --only speed --pairs 5

- **speed**: a simulation in rounds and one with Poisson arrival, 64 requests in flight, through
  the engines `vllm` and `server`, against `vllm.LLM.generate` given the same requests at once (and
  as many at a time). All three are open at once and take turns, in an order that changes.
- **prefix**: a discussion of 12 agents in 20 rounds; the share of prompt tokens from the prefix
  cache by vLLM's own counters, beside what blocks of that size allow.
- **surveys**: the same with and without one question to everybody in both orders, every round.
- **adapters**: 64 adapters over 8 slots, 16 agents each, with admission on and off, against 8; and
  off with as many requests handed over as wait at the door of admission.

Adapters are random and faint: how fast they are does not depend on what they say.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from agents import eventloop
from agents.engines.admitted import AdmittedModel
from agents.engines.catalogue import WIND_TUNNEL
from agents.engines.prompting import Prompting
from agents.engines.server import ServerEngine
from agents.engines.serverspec import ServerSpec
from agents.engines.vllm_engine import VllmEngine
from agents.engines.vllm_setup import (
    ENVIRONMENT,
    SERVER_ENVIRONMENT,
    VllmSetup,
    require_build,
    server_command,
    setup_for,
)
from bench.servingload import (
    Arrival,
    Asked,
    Listening,
    cacheable,
    crowd,
    discussion,
    random_adapters,
    shuffled,
)
from experiments.commands.serve import healthy
from personas.adapter import Adapter
from personas.errors import EngineError
from personas.model import Model, Reply, Sampling
from personas.modelfolder import model_context
from simulation.run import simulate
from simulation.scenario import Scenario

if TYPE_CHECKING:
    from vllm import SamplingParams

IN_FLIGHT = 64
TURNS = 2  # of the part speed
SPEAKERS: dict[Arrival, int] = {"rounds": 384, "poisson": 768}
"""So many that causality leaves 64 to be asked at once: who speaks at a time of its own waits for
more of the others, one after the other."""
TALKERS, ROUNDS = 12, 20  # of the discussion
BLOCKS = (128, 32, 16)  # tokens
SLOTS, ADAPTERS, AGENTS_EACH = 8, 64, 16
START_SECONDS = 600.0
Figures = dict[str, object]


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    home: Path
    """For adapters and logs."""
    pairs: int
    """That count; one more goes before them."""
    scale: float = 1.0
    """Of agents and rounds; below 1 to try the bench out."""
    arrivals: tuple[Arrival, ...] = ("rounds", "poisson")
    """Of the part speed."""

    def of(self, count: int) -> int:
        """So many, scaled."""
        return max(2, round(count * self.scale))


def setup(adapters: Sequence[Adapter]) -> VllmSetup:
    """What `symposion` itself would tell vLLM."""
    context = model_context(WIND_TUNNEL)
    return setup_for(WIND_TUNNEL, adapters, build=require_build(), model_context=context)


async def timed(scenario: Scenario, engine: Model, in_flight: int = IN_FLIGHT) -> float:
    """Wall seconds of a simulation, record included."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        await simulate(scenario, engine, Path(folder), in_flight=in_flight)
        return time.perf_counter() - began


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and extremes."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def say(name: str, figures: Mapping[str, object]) -> None:
    """Prints what was found."""
    rounded = json.loads(json.dumps(figures), parse_float=lambda text: round(float(text), 3))
    print(name, json.dumps(rounded), flush=True)


# --- speed -------------------------------------------------------------------------------------


class AtOnce:
    """vLLM by itself: all requests handed over together."""

    def __init__(self, made: VllmSetup) -> None:
        from vllm import LLM

        self._llm: LLM = LLM(
            skip_tokenizer_init=True,
            max_num_seqs=IN_FLIGHT,
            **made.settings,  # type: ignore[arg-type]
        )
        self._prompting = Prompting.of(made.folder)
        self._numbers: dict[str, int] = {}

    def seconds(self, asked: Sequence[Asked]) -> tuple[float, int]:
        """Wall seconds for the requests of a simulation, and how many tokens were written."""
        from vllm.inputs import TokensPrompt

        requests = sorted((one[0] for one in asked), key=lambda request: request.priority)
        prompts = [
            TokensPrompt(prompt_token_ids=self._prompting.renderer.render(one.prompt))
            for one in requests
        ]
        params = [self._params(one.sampling, one.seed) for one in requests]
        worn = [self._worn(one.adapter) for one in requests]
        began = time.perf_counter()
        found = self._llm.generate(prompts, params, lora_request=worn, use_tqdm=False)  # type: ignore[arg-type]
        seconds = time.perf_counter() - began
        return seconds, sum(len(one.outputs[0].token_ids) for one in found)

    def _params(self, sampling: Sampling, seed: int) -> "SamplingParams":
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        return SamplingParams(
            max_tokens=sampling.max_tokens, temperature=sampling.temperature, top_p=sampling.top_p,
            seed=seed, stop_token_ids=sorted(self._prompting.stop_ids), detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )  # fmt: skip

    def _worn(self, adapter: Adapter | None) -> object:
        from vllm.lora.request import LoRARequest

        if adapter is None:
            return None
        number = self._numbers.setdefault(adapter.fingerprint, len(self._numbers) + 1)
        return LoRARequest(adapter.fingerprint, number, str(adapter.folder))


@contextmanager
def served(made: VllmSetup, adapters: Sequence[Adapter], home: Path) -> Iterator[str]:
    """The address of a server with the same settings, in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = server_command(made, adapters, "127.0.0.1", port)
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=SERVER_ENVIRONMENT | os.environ, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not healthy("127.0.0.1", port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise EngineError((home / "server.log").read_text("utf-8", "replace")[-2000:])
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def speed(plan: Plan) -> Figures:
    """Simulations through both engines, against vLLM by itself."""
    adapters = random_adapters(plan.home, WIND_TUNNEL, SLOTS)
    made = setup(adapters)
    llm = AtOnce(made)
    bounds = ServerSpec(max_in_flight=IN_FLIGHT, priorities=None)
    with served(made, adapters, plan.home) as url:
        async with VllmEngine(made) as own, ServerEngine(WIND_TUNNEL, [url], bounds) as server:
            engines = {"vllm": own, "server": server}
            found: Figures = {}
            for worn, cast in (("base", []), ("8 adapters", adapters)):
                for arrival in plan.arrivals:
                    name = f"{worn}, {arrival}"
                    found[name] = await _compare(engines, llm, cast, arrival, plan)  # type: ignore[arg-type]
                    say(name, found[name])  # type: ignore[arg-type]
    return found


async def _compare(
    engines: Mapping[str, Model],
    llm: AtOnce,
    adapters: Sequence[Adapter],
    arrival: Arrival,
    plan: Plan,
) -> Figures:
    """Ratios of tokens a second; the first pair warms up and does not count."""
    rates: dict[str, list[float]] = {"LLM.generate": [], **{name: [] for name in engines}}
    for pair in range(plan.pairs + 1):
        scenario = crowd(plan.of(SPEAKERS[arrival]), TURNS, adapters, 1000 + pair, arrival)
        asked: list[Asked] = []
        order = ["LLM.generate", *shuffled(pair, list(engines))]
        # Its requests must be known first: whoever comes first speaks twice as a rule.
        order = order[1:2] + order[:1] + order[2:] if pair % 2 else order[1:] + order[:1]
        for name in order:
            if name == "LLM.generate":
                seconds, tokens = await asyncio.to_thread(llm.seconds, asked)
            else:
                listening = Listening(engines[name])
                seconds = await timed(scenario, listening)
                asked = listening.heard
                replies = [one[2] for one in asked if isinstance(one[2], Reply)]
                # vLLM counts the token that ends a reply, we do not.
                tokens = sum(one.new_tokens + (one.finish == "stop") for one in replies)
            if pair:
                rates[name].append(tokens / seconds)
    ratios = {
        name: spread([a / b for a, b in zip(rates[name], rates["LLM.generate"], strict=True)])
        for name in engines
    }
    return {
        "of LLM.generate": ratios,
        "new tokens/s": {name: spread(values) for name, values in rates.items()},
        "requests": len(asked),
    }


# --- prefix cache and surveys ------------------------------------------------------------------


async def prefix(plan: Plan) -> Figures:
    """Shares of prompt tokens that were not computed again, by size of block."""
    adapters = random_adapters(plan.home, WIND_TUNNEL, TALKERS)
    found: Figures = {}
    for block in BLOCKS:
        try:
            found[f"blocks of {block}"] = await _hits(adapters, block, plan.of(ROUNDS))
        except EngineError as error:
            found[f"blocks of {block}"] = {"refused": str(error)}
        say(f"blocks of {block}", found[f"blocks of {block}"])  # type: ignore[arg-type]
    return found


async def _hits(adapters: Sequence[Adapter], block: int, rounds: int) -> Figures:
    async with VllmEngine(replace(setup(adapters), block_tokens=block)) as engine:
        listening = Listening(engine)
        before = engine.prefix_counts()
        seconds = await timed(discussion(TALKERS, rounds, adapters, 1, asked=False), listening)
        await asyncio.sleep(1)  # the counters lag a step behind
        after = engine.prefix_counts()
    hit, queried = after.hit - before.hit, after.queried - before.queried
    possible, total = cacheable(Prompting.of(WIND_TUNNEL), listening.heard, block)
    return {
        "hit": hit / queried,
        "possible": possible / total,
        "of the possible": hit / queried * total / possible if possible else None,
        "prompt tokens": queried,
        "seconds": seconds,
    }


async def surveys(plan: Plan) -> Figures:
    """What one question costs, as a share of wall time."""
    adapters, rounds = random_adapters(plan.home, WIND_TUNNEL, TALKERS), plan.of(ROUNDS)
    shares, with_, without = [], [], []
    async with VllmEngine(setup(adapters)) as engine:
        for pair in range(plan.pairs + 1):
            took = {}
            for asked in (True, False) if pair % 2 else (False, True):
                # The same seed would find the other's prefixes in the cache.
                scenario = discussion(TALKERS, rounds, adapters, 2 * pair + asked, asked=asked)
                took[asked] = await timed(scenario, engine)
            if pair:
                with_.append(took[True])
                without.append(took[False])
                shares.append(1 - took[False] / took[True])
    return {
        "share of wall time": spread(shares),
        "seconds with": spread(with_),
        "seconds without": spread(without),
    }


# --- more adapters than slots ------------------------------------------------------------------


async def adapters(plan: Plan) -> Figures:
    """64 adapters over 8 slots, in vLLM's own order and in that of admission, against 8."""
    many = random_adapters(plan.home, WIND_TUNNEL, ADAPTERS)
    agents = ADAPTERS * plan.of(AGENTS_EACH)
    names = ("8 adapters", "64, off", "64, off, all handed over", "64, on")
    walls: dict[str, list[float]] = {name: [] for name in names}
    loads: list[int] = []
    async with VllmEngine(setup(many)) as engine:
        for pair in range(plan.pairs + 1):
            for name in shuffled(pair, names):
                cast = many[:SLOTS] if name == "8 adapters" else many
                seed = len(names) * pair + names.index(name)
                scenario = crowd(agents, 2 if pair else 1, cast, seed, new_tokens=12)
                if name == "64, on":
                    voice = AdmittedModel(engine, SLOTS, in_flight=IN_FLIGHT)
                    seconds = await timed(scenario, voice, agents)
                    loads.append(voice.admission.loads)
                else:
                    width = agents if name.endswith("all handed over") else IN_FLIGHT
                    seconds = await timed(scenario, engine, width)
                if pair:
                    walls[name].append(seconds)
    few = walls["8 adapters"]
    return {
        "seconds": {name: spread(values) for name, values in walls.items()},
        "of 8 adapters": {
            name: spread([a / b for a, b in zip(few, walls[name], strict=True)])
            for name in names[1:]
        },
        "loads with admission": loads[-1],
    }


PARTS = {"speed": speed, "prefix": prefix, "surveys": surveys, "adapters": adapters}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=list(PARTS), action="append", help="repeatable")
    parser.add_argument("--pairs", type=int, default=3, help="that count, after one that does not")
    parser.add_argument("--scale", type=float, default=1.0, help="below 1 to try the bench out")
    parser.add_argument("--arrival", choices=list(SPEAKERS), help="of the part speed; both")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there")
    options = parser.parse_args()
    for name, value in (ENVIRONMENT | {"VLLM_LOGGING_LEVEL": "ERROR"}).items():
        os.environ.setdefault(name, value)
    found: Figures = {
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "pairs": options.pairs,
        "scale": options.scale,
    }
    for name in options.only or PARTS:
        began = time.perf_counter()
        arrivals = (options.arrival,) if options.arrival else tuple(SPEAKERS)
        with tempfile.TemporaryDirectory() as home:
            plan = Plan(Path(home), options.pairs, options.scale, arrivals)
            figures = eventloop.run(PARTS[name](plan))
        took = time.perf_counter() - began
        found[name] = figures | {"part took, seconds": took, "load": os.getloadavg()[0]}
        say(name, found[name])  # type: ignore[arg-type]
        if options.json:
            options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
