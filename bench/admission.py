"""Many adapters over few slots, on a service-time model of a GPU: admission on, off, clairvoyant.

    python -m bench.admission            # 64 adapters over 8 slots, 16 agents each
    python -m bench.admission --load 0.3 --rounds 4 --graph ring

No model runs: a virtual server decodes one token a step for everybody it holds, and stands still
while an adapter is brought into a slot, as vLLM does. The requests are those of a real simulation
in rounds: nobody is asked before those they hear have spoken.

- **8 adapters**: the same agents share as many adapters as there are slots; no load but the first.
- **off**: vLLM's own way: by due time, skipping requests whose adapter would be one too many among
  those running; slots are given up least recently used.
- **in order**: due time alone; whoever's adapter has no slot holds up everybody behind.
- **on**: `agents.engines.admission.Admission`, with or without announcements by the desk.
- **clairvoyant**: every future turn is known and nothing bounds overtaking; the best of three rules
  for which adapter comes next (most work waiting, earliest due, furthest behind).
- **bound**: no order can be faster than with a slot for every adapter.
"""

import argparse
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from time import perf_counter

import simpy

from agents.engines.admission import Admission, Ticket
from simulation.chance import seed_for, uniform
from simulation.graph import make_graph


@dataclass(frozen=True)
class Gpu:
    """A server in numbers: about a 7B model on one large GPU."""

    step: float = 0.012
    """Seconds of a decoding step with one sequence."""
    each: float = 0.00008
    """Seconds more for every further sequence."""
    prefill: float = 0.004
    """Seconds to read a prompt whose prefix is mostly cached."""
    load: float = 0.06
    """Seconds to bring an adapter into a slot, while everything stands."""
    seats: int = 64
    """Most sequences at once."""


@dataclass(frozen=True)
class Town:
    """Who hears whom, and who wears what."""

    agents: int
    adapters: int
    rounds: int
    graph: str
    seed: int = 1

    def adapter(self, agent: int) -> str:
        """Dealt round, so that neighbours wear different ones."""
        return f"a{agent % self.adapters}"

    def tokens(self, agent: int, number: int) -> int:
        """Length of a turn, 16 to 80 tokens, the same whatever the order."""
        return 16 + int(64 * uniform(self.seed, "tokens", agent, number))


@dataclass(order=True)
class Turn:
    """One agent's words in one round."""

    due: int
    arrival: int
    agent: int = field(compare=False)
    ticket: Ticket | None = field(default=None, compare=False)


class Plain:
    """By due time; `skipping` as vLLM does it, or not."""

    def __init__(self, slots: int, skipping: bool) -> None:
        self._slots, self._skipping = slots, skipping
        self._waiting: list[tuple[Turn, str]] = []
        self._running: Counter[str] = Counter()
        self._resident: OrderedDict[str, None] = OrderedDict()
        self.loads = 0

    def arrive(self, turn: Turn, adapter: str) -> None:
        """A turn is due."""
        heappush(self._waiting, (turn, adapter))

    def upcoming(self, adapter: str, due: int) -> None:
        """Nothing is made of it."""

    def done(self, turn: Turn, adapter: str) -> None:
        """A turn has been said."""
        self._running[adapter] -= 1
        if not self._running[adapter]:
            del self._running[adapter]

    def next(self, room: int) -> list[Turn]:
        """Those who go into the batch now."""
        chosen: list[Turn] = []
        skipped: list[tuple[Turn, str]] = []
        while self._waiting and len(chosen) < room:
            turn, adapter = heappop(self._waiting)
            if adapter not in self._running and len(self._running) >= self._slots:
                skipped.append((turn, adapter))
                if not self._skipping:
                    break
                continue
            self._running[adapter] += 1
            self._touch(adapter)
            chosen.append(turn)
        for one in skipped:
            heappush(self._waiting, one)
        return chosen

    def _touch(self, adapter: str) -> None:
        if adapter not in self._resident:
            self.loads += 1
            if len(self._resident) >= self._slots:
                idle = next(name for name in self._resident if not self._running[name])
                del self._resident[idle]
                self._running += Counter()  # drop the zeros that were asked about
        self._resident[adapter] = None
        self._resident.move_to_end(adapter)


class Admitted:
    """`Admission` before an engine that takes whatever it is given."""

    def __init__(self, slots: int, bound: int, seats: int, hints: bool) -> None:
        self._door, self._hints = Admission(slots, bound, seats), hints
        self._turns: dict[Ticket, Turn] = {}
        self.seconds, self.calls = 0.0, 0

    @property
    def loads(self) -> int:
        """Times that an adapter came into a slot."""
        return self._door.loads

    def arrive(self, turn: Turn, adapter: str) -> None:
        """A turn is due."""
        turn.ticket = self._door.arrive(adapter, turn.due)
        self._turns[turn.ticket] = turn
        self.calls += 1

    def upcoming(self, adapter: str, due: int) -> None:
        """A turn is announced."""
        if self._hints:
            self._door.upcoming(adapter, due)

    def done(self, turn: Turn, adapter: str) -> None:
        """A turn has been said."""
        assert turn.ticket is not None
        self._door.done(turn.ticket)

    def next(self, room: int) -> list[Turn]:
        """Those who go into the batch now."""
        began = perf_counter()
        chosen = [self._turns.pop(ticket) for ticket in iter(self._door.next, None)]
        self.seconds += perf_counter() - began
        return chosen


class Clairvoyant:
    """No bound on overtaking, and every future turn is known: gives up what has least left to do.

    Which adapter comes next is one of several rules; the best of them counts.
    """

    RULES = ("work", "due", "behind")

    def __init__(self, slots: int, town: Town, rule: str) -> None:
        self._slots, self._rule = slots, rule
        self._waiting: dict[str, list[Turn]] = {}
        self._running: Counter[str] = Counter()
        self._resident: set[str] = set()
        names = [town.adapter(agent) for agent in range(town.agents)]
        self._left = Counter(names * town.rounds)
        self.loads = 0

    def arrive(self, turn: Turn, adapter: str) -> None:
        """A turn is due."""
        heappush(self._waiting.setdefault(adapter, []), turn)

    def upcoming(self, adapter: str, due: int) -> None:
        """Known anyway."""

    def done(self, turn: Turn, adapter: str) -> None:
        """A turn has been said."""
        self._running[adapter] -= 1
        self._left[adapter] -= 1

    def next(self, room: int) -> list[Turn]:
        """Those who go into the batch now."""
        chosen: list[Turn] = []
        while len(chosen) < room:
            ready = [name for name in self._resident if self._waiting.get(name)]
            name = min(ready, key=self._urgency, default=None) or self._swap()
            if name is None:
                break
            chosen.append(heappop(self._waiting[name]))
            self._running[name] += 1
        return chosen

    def _urgency(self, name: str) -> tuple[float, ...]:
        waiting = self._waiting[name]
        work, due = -len(waiting), waiting[0].due
        ranks = {"work": (work, due), "due": (due, work), "behind": (-self._left[name], work)}
        return ranks[self._rule]

    def _swap(self) -> str | None:
        """Loads the most urgent adapter in the place of an idle one."""
        wanted = [n for n, turns in self._waiting.items() if turns and n not in self._resident]
        if not wanted:
            return None
        if len(self._resident) >= self._slots:
            idle = [n for n in self._resident if not self._running[n]]
            if not idle:
                return None
            self._resident.remove(min(idle, key=lambda n: self._left[n]))
        name = min(wanted, key=self._urgency)
        self._resident.add(name)
        self.loads += 1
        return name


Policy = Plain | Admitted | Clairvoyant


class Talk:
    """A simulation in rounds: what has been said, and who may speak next."""

    def __init__(self, town: Town, policy: Policy) -> None:
        graph = make_graph(town.graph, town.agents, town.seed)
        self._heard_by = {a: sorted(graph[a]) for a in range(town.agents)}
        self._town, self._policy = town, policy
        self._missing = {
            (a, r): (len(self._heard_by[a]) + 1) * (r > 0)
            for a in range(town.agents)
            for r in range(town.rounds)
        }
        self._arrivals = 0
        self.left = town.agents * town.rounds

    def begin(self) -> None:
        """Announces what is to come and asks for the first round."""
        for (agent, number), missing in self._missing.items():
            if missing:
                self._policy.upcoming(self._town.adapter(agent), number)
        for agent in range(self._town.agents):
            self._ask(agent, 0)

    def said(self, turn: Turn) -> None:
        """Lets a turn be heard: whoever has heard enough is due."""
        self.left -= 1
        for other in (turn.agent, *self._heard_by[turn.agent]):
            key = (other, turn.due + 1)
            if key in self._missing:
                self._missing[key] -= 1
                if not self._missing[key]:
                    self._ask(*key)

    def _ask(self, agent: int, number: int) -> None:
        # Seats order the turns of one moment; shuffled, so that no adapter is favoured.
        self._arrivals = seed_for(self._town.seed, "seat", agent)
        self._policy.arrive(Turn(number, self._arrivals, agent), self._town.adapter(agent))


def serve(clock: simpy.Environment, gpu: Gpu, town: Town, policy: Policy) -> Iterator[simpy.Event]:
    """The server: admits, loads, decodes, until all has been said."""
    talk = Talk(town, policy)
    talk.begin()
    batch: dict[int, tuple[Turn, int]] = {}
    number, ends, loads = 0, [], 0
    while talk.left:
        fresh = policy.next(gpu.seats - len(batch))
        for turn in fresh:
            tokens = town.tokens(turn.agent, turn.due)
            batch[id(turn)] = (turn, tokens)
            heappush(ends, (number + tokens, id(turn)))
        stall = (policy.loads - loads) * gpu.load + len(fresh) * gpu.prefill
        loads = policy.loads
        steps = max(1, min(ends[0][0] - number, 4))  # looks at the door every few tokens
        yield clock.timeout(stall + steps * (gpu.step + gpu.each * len(batch)))
        number += steps
        while ends and ends[0][0] <= number:
            turn, _ = batch.pop(heappop(ends)[1])
            policy.done(turn, town.adapter(turn.agent))
            talk.said(turn)


def seconds(gpu: Gpu, town: Town, policy: Policy) -> float:
    """Virtual seconds of a whole talk."""
    clock = simpy.Environment()
    clock.run(clock.process(serve(clock, gpu, town, policy)))
    return float(clock.now)


def compare(gpu: Gpu, town: Town, slots: int, bound: int) -> None:
    """Prints one table."""
    few = Town(town.agents, slots, town.rounds, town.graph, town.seed)
    everywhere = max(slots, town.adapters)
    endless = 10**9
    plans: list[tuple[str, Town, Policy]] = [
        (f"{slots} adapters, off", few, Plain(slots, skipping=True)),
        ("off (vLLM's own)", town, Plain(slots, skipping=True)),
        ("in order", town, Plain(slots, skipping=False)),
        ("on", town, Admitted(slots, bound, gpu.seats, hints=False)),
        ("on, announced", town, Admitted(slots, bound, gpu.seats, hints=True)),
        ("on, no bound", town, Admitted(slots, endless, gpu.seats, hints=True)),
        *(
            (f"clairvoyant, {rule}", town, Clairvoyant(slots, town, rule))
            for rule in Clairvoyant.RULES
        ),
        ("bound: a slot each", town, Plain(everywhere, skipping=True)),
    ]
    took = {name: seconds(gpu, whose, policy) for name, whose, policy in plans}
    base, best = (
        took[f"{slots} adapters, off"],
        min(time for name, time in took.items() if name.startswith("clairvoyant")),
    )
    print(
        f"\n{town.agents} agents, {town.graph}, {town.rounds} rounds, {town.adapters} adapters "
        f"over {slots} slots, {gpu.seats} seats, load {gpu.load * 1000:.0f} ms, bound {bound}"
    )
    for name, _, policy in plans:
        print(
            f"  {name:22} {took[name]:7.1f} s  {policy.loads:5d} loads  "
            f"{base / took[name]:.2f} of {slots} adapters  {best / took[name]:.2f} of clairvoyant"
        )
    spent = [p for _, _, p in plans if isinstance(p, Admitted)]
    print(f"  our own time: {max(1e3 * p.seconds / p.calls for p in spent):.3f} ms a turn at most")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--adapters", type=int, default=64)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--agents", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--bound", type=int, default=2048, help="most overtakes")
    parser.add_argument("--seats", type=int, default=64, help="most sequences at once")
    parser.add_argument("--load", type=float, nargs="*", default=[0.01, 0.06, 0.3], help="seconds")
    parser.add_argument("--graph", nargs="*", default=["small-world", "scale-free"])
    options = parser.parse_args()
    for graph in options.graph:
        town = Town(options.agents, options.adapters, options.rounds, graph)
        for load in options.load:
            compare(Gpu(load=load, seats=options.seats), town, options.slots, options.bound)


if __name__ == "__main__":
    main()
