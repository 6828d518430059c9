"""The reference: one turn after the other in the total order, written as plainly as possible.

It shares the prompt's composition, the chance by name and the embedding of a line with the
product, and nothing of the scheduling: no SimPy, no promises, no inboxes, no concurrency. It looks
for the next moment at which anything happens, does what happens then, and looks again.
"""

from dataclasses import dataclass, field, replace
from math import ceil, log

from agents.agent import Agent
from agents.embedding import open_embedder
from agents.memory import MemorySpec, Retrieval, Summary, Utterance
from agents.prompt import MODERATOR, compose
from personas.model import Request, Sampling
from simulation.chance import seed_for, uniform
from simulation.dyads import Dyads
from simulation.floor import Floor
from simulation.scenario import Scenario
from simulation.timeline import AddTie, Join, Leave, Post
from simulation.turntaking import Poisson, Replies, Rounds

MARKERS = 8  # tokens that an own line costs beyond its words


@dataclass
class Message:
    """One message on its way to one listener."""

    listener: str
    due: float
    said: float
    speaker: str
    counter: int
    label: str
    text: str
    noticed: bool
    heard_in: int | None = None
    """The listener's turn that it reached."""


@dataclass
class Line:
    """Something in somebody's memory."""

    text: Utterance
    said: float
    speaker: str
    counter: int


@dataclass
class Meeting:
    """Two people who exchange messages."""

    pair: tuple[str, str]
    next: float
    left: int
    """Messages that are still to be said."""
    rank: int


@dataclass
class World:
    """Everything that is so at a moment."""

    scenario: Scenario
    arm: str
    speak: object
    weigh: object
    here: set[str]
    ties: dict[tuple[str, str], object]
    said: list[tuple[float, str, int, str]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    memory: dict[str, list[Line]] = field(default_factory=dict)
    decisions: list[tuple[str, float]] = field(default_factory=list)
    # State of policies, by rank.
    answers: list[tuple[float, int, str, str, int, int]] = field(default_factory=list)
    """(time, rank, listener, speaker, counter, depth) of answers to come."""
    depth: dict[tuple[str, int], int] = field(default_factory=dict)
    wakes: dict[tuple[int, str], tuple[float, int]] = field(default_factory=dict)
    """(rank, agent) -> when it next looks for company, and for the how-many-eth time."""
    meetings: list[Meeting] = field(default_factory=list)
    last: dict[int, str] = field(default_factory=dict)
    """Who had each floor last."""

    def draw(self, *names) -> float:
        return uniform(self.scenario.seed, *names)


def serial_run(scenario: Scenario, speak, weigh=None, arm: str = "talk") -> World:
    """The talk, or a control beside it, spoken one by one."""
    if arm == "scrambled":
        scenario = replace(scenario, opening=scenario.unrelated_opening)
    keys = [agent.key for agent in scenario.agents]
    coming = set()
    for key in keys:
        own = [one for one in scenario.timeline if isinstance(one, Join | Leave)]
        own = sorted((one for one in own if one.agent == key), key=lambda one: one.time)
        if own and isinstance(own[0], Join):
            coming.add(key)
    ties = {(tie.speaker, tie.listener): tie for tie in scenario.ties}
    here = set(keys) - coming
    world = World(scenario, arm, speak, weigh, here, ties, memory={k: [] for k in keys})
    if arm == "silent":
        return world
    plan = _planned(scenario)
    for rank, policy in enumerate(scenario.policies):
        if isinstance(policy, Dyads):
            for key in keys:
                _next_wake(world, rank, policy, key, 0.0, 0)
    past = -1.0
    while True:
        times = [time for time, *_ in plan] + [one.time for one in scenario.timeline]
        times += [time for time, *_ in world.answers]
        times += [time for time, _ in world.wakes.values()]
        times += [meeting.next for meeting in world.meetings]
        times = [time for time in times if time > past]
        if not times:
            return world
        past = min(times)
        _moment(world, past, plan)


def serial_transcript(
    scenario: Scenario, speak, weigh=None, arm: str = "talk"
) -> list[tuple[float, str, int, str]]:
    """(time, agent, counter, text) of every turn of an arm."""
    return serial_run(scenario, speak, weigh, arm).said


def _name(scenario: Scenario, rank: int) -> str:
    kinds = [type(policy).__name__.lower() for policy in scenario.policies]
    return f"{kinds[rank]} {kinds[:rank].count(kinds[rank])}"


def _planned(scenario: Scenario) -> list[tuple[float, int, str, int]]:
    """What is certain from the start: (time, rank, agent or nobody, number)."""
    plan = []
    keys = [agent.key for agent in scenario.agents]
    for rank, policy in enumerate(scenario.policies):
        name = _name(scenario, rank)
        if isinstance(policy, Rounds):
            for number in range(1, policy.count + 1):
                order = list(keys)
                if policy.order == "random":
                    order.sort(key=lambda key: uniform(scenario.seed, name, key, number))
                for place, key in enumerate(order):
                    slot = 0 if policy.order == "simultaneous" else place / len(keys)
                    plan.append((number + slot, rank, key, number))
        elif isinstance(policy, Poisson):
            for key in keys:
                time, number = 0.0, 0
                while rate := policy.rates.get(key, policy.rate):
                    time += -log(1 - uniform(scenario.seed, name, key, number)) * (1 / rate)
                    if time >= policy.until:
                        break
                    plan.append((time, rank, key, number))
                    number += 1
        elif isinstance(policy, Floor):
            plan += [(n * policy.gap, rank, "", n) for n in range(1, policy.count + 1)]
    return plan


def _moment(world: World, now: float, plan) -> None:
    scenario = world.scenario
    for one in scenario.timeline:  # at one time, in the order of the list
        if one.time == now:
            _intervene(world, one)
    turns = []  # (agent, rank, speaker and counter answered to, to whom, depth)
    for time, rank, key, number in plan:
        if time == now:
            speaker = key or _floor(world, rank, number, now)
            if speaker:
                turns.append((speaker, rank, "", 0, None, 0))
    for time, rank, listener, speaker, counter, depth in world.answers:
        if time == now:
            turns.append((listener, rank, speaker, counter, None, depth))
    turns += _dyads(world, now)
    for turn in sorted(turns, key=lambda turn: turn[:4]):
        if turn[0] in world.here:
            _speak(world, now, *turn)


def _intervene(world: World, one) -> None:
    if isinstance(one, Join):
        world.here.add(one.agent)
    elif isinstance(one, Leave):
        world.here.remove(one.agent)
    elif isinstance(one, AddTie):
        world.ties[one.tie.speaker, one.tie.listener] = one.tie
    elif isinstance(one, Post):
        posts = sorted((p for p in world.scenario.timeline if isinstance(p, Post)), key=_time)
        for agent in world.scenario.agents:
            if agent.key in world.here and (not one.to or agent.key in one.to):
                number = next(i for i, post in enumerate(posts) if post is one)
                text = one.unrelated if world.arm == "scrambled" else one.text
                _send(world, agent.key, one.time, one.time, "@post", number, one.author, text)
    else:
        del world.ties[one.speaker, one.listener]


def _time(one) -> float:
    return one.time


def _send(world, listener, due, said, speaker, counter, label, text, noticed=True, depth=0) -> None:
    if world.arm != "alone" or speaker == "@post":
        world.messages.append(Message(listener, due, said, speaker, counter, label, text, noticed))
    for rank, policy in enumerate(world.scenario.policies):
        if isinstance(policy, Replies) and noticed and depth < policy.depth:
            name = _name(world.scenario, rank)
            about = (listener, speaker, counter)
            if world.draw(name, "whether", *about) < policy.chance:
                wait = policy.wait
                if policy.spread == "exponential":
                    wait *= -log(1 - world.draw(name, "wait", *about))
                if due + wait < policy.until:
                    answer = (due + wait, rank, listener, speaker, counter, depth + 1)
                    world.answers.append(answer)


def _speak(world: World, now, key, rank, _speaker, _counter, to, depth) -> None:
    scenario = world.scenario
    counter = sum(agent == key for _, agent, _, _ in world.said)
    world.memory[key] += _arrivals(world, key, now, counter)
    lines = _in_mind(world, key)
    seed = seed_for(scenario.seed, "speak", key, counter)
    worn = _worn(world, key, now)
    prompt = compose(worn, [Utterance(MODERATOR, scenario.opening), *lines])
    text = world.speak(Request(prompt, worn.adapter, scenario.sampling, seed))
    world.said.append((now, key, counter, text))
    label = next(agent.label for agent in scenario.agents if agent.key == key)
    world.memory[key].append(Line(Utterance(label, text, own=True), now, key, counter))
    for (speaker, listener), tie in list(world.ties.items()):
        if speaker == key and listener in world.here and to in (None, listener):
            due = now + (_hearing(scenario, rank) if tie.delay is None else tie.delay)
            noticed = world.draw("notice", listener, key, counter) < tie.weight
            _send(world, listener, due, now, key, counter, label, text, noticed, depth)


def _hearing(scenario: Scenario, rank: int) -> float:
    policy = scenario.policies[rank]
    if isinstance(policy, Rounds):
        return 0.5 / (1 if policy.order == "simultaneous" else len(scenario.agents))
    return policy.gap / 2 if isinstance(policy, Floor | Dyads) else policy.message_time


def _arrivals(world: World, key: str, now: float, turn: int | None) -> list[Line]:
    """What has arrived and is noticed; `turn` is the one that hears it, None for none."""
    new = [m for m in world.messages if m.listener == key and m.heard_in is None and m.due < now]
    new.sort(key=lambda m: (m.due, m.said, m.speaker, m.counter))
    noticed = [message for message in new if message.noticed]
    if world.scenario.attention is not None:
        noticed = noticed[len(noticed) - min(len(noticed), world.scenario.attention) :]
    if turn is not None:
        for message in new:
            message.heard_in = turn
            message.noticed = any(message is one for one in noticed)
    return [Line(Utterance(m.label, m.text), m.said, m.speaker, m.counter) for m in noticed]


def _worn(world: World, key: str, time: float):
    scenario = world.scenario
    worn = next(agent for agent in scenario.agents if agent.key == key)
    for swap in sorted(scenario.swaps, key=lambda swap: swap.time):
        if swap.seat == key and swap.time <= time:
            worn = worn.wearing(swap.cast)
    if world.arm == "base":
        name = worn.persona.name if worn.persona else worn.label
        return Agent(key, name, stage=worn.stage)
    if world.arm == "prompt" and worn.persona:
        return Agent(key, worn.label, worn.persona, worn.stage, "prompt")
    return worn


# What an agent has in mind.


def _in_mind(world: World, key: str, heard: list[Line] = []) -> list[Utterance]:  # noqa: B006
    spec = world.scenario.memories.get(key, world.scenario.memory)
    lines = [*world.memory[key], *heard]
    costs = [_cost(line.text) for line in lines]
    first = spec.first_kept(costs)
    window = [line.text for line in lines[first:]]
    if first and isinstance(spec.beyond, Retrieval):
        dropped = [line.text for line in lines[: min(first, len(world.memory[key]))]]
        label = next(agent.label for agent in world.scenario.agents if agent.key == key)
        return window + _looked_up(spec.beyond, dropped, window, label)
    if first and isinstance(spec.beyond, Summary):
        return [Utterance("Your notes so far", _notes(world, key, spec, lines, costs)), *window]
    return window


def _cost(line: Utterance) -> int:
    return len(line.line.split()) + MARKERS * line.own


def _looked_up(spec: Retrieval, dropped, window, label) -> list[Utterance]:
    embedder = open_embedder(spec.embedder)
    cues = [embedder.embed(line.text) for line in window if not line.own][-spec.cues :]
    back = [Utterance(f"{label if u.own else u.speaker}, earlier", u.text) for u in dropped]
    close = {
        i: round(float(embedder.embed(line.text) @ sum(cues)), 6) if cues else 0
        for i, line in enumerate(dropped)
    }
    left, found = spec.tokens, []
    while any(value > 0 for value in close.values()) and len(found) < spec.lines:
        best = max(close, key=lambda i: (close[i], i))
        del close[best]
        if _cost(back[best]) <= left:
            left -= _cost(back[best])
            found.append(best)
    return [back[i] for i in sorted(found)]


def _notes(world: World, key: str, spec: MemorySpec, lines: list[Line], costs: list[int]) -> str:
    """Written block after block, each time from the start."""
    scenario, notes, start = world.scenario, "", 0
    for block in range(1, ceil((sum(costs) - spec.tokens) / spec.block_tokens) + 1):
        end = next(
            (i for i in range(len(lines)) if sum(costs[:i]) >= block * spec.block_tokens),
            len(lines),
        )
        if end == start:
            continue
        left, kept = spec.tokens, []
        for line, cost in reversed(list(zip(lines[start:end], costs[start:end], strict=True))):
            if cost <= left:
                left -= cost
                kept.insert(0, line.text)
        worn = _worn(world, key, lines[end - 1].said)
        before = [Utterance("Your notes so far", notes)] if notes else []
        opening = Utterance(MODERATOR, scenario.opening)
        asked = Utterance(MODERATOR, spec.beyond.asking)
        prompt = compose(worn, [opening, *before, *kept], [asked])
        sampling = replace(scenario.sampling, max_tokens=spec.beyond.tokens)
        seed = seed_for(scenario.seed, "summary", key, end)
        notes, start = world.speak(Request(prompt, worn.adapter, sampling, seed)), end
    return notes


# Policies whose turns depend on what happens.


def _floor(world: World, rank: int, number: int, now: float) -> str:
    """Who gets the floor, if anybody."""
    scenario, policy = world.scenario, world.scenario.policies[rank]
    keys = [agent.key for agent in scenario.agents]
    others = [key for key in keys if key in world.here and key != policy.moderator]
    last, name = world.last.get(rank, ""), _name(scenario, rank)
    if policy.giving != "round-robin" and len(others) > 1:
        others = [key for key in others if key != last]
    if not others:
        return ""
    if policy.giving == "bidding":
        bids = {}
        for key in others:
            question = "Do you want to speak next? A: yes. B: no. Answer with one letter."
            yes, no = _asked(world, key, now, question, ("A", "B"))
            bids[key] = yes / (yes + no)
        chosen = max(others, key=lambda key: (bids[key], world.draw(name, key, number)))
    elif policy.giving == "moderator" and policy.moderator in world.here:
        others = sorted(others)
        labels = {agent.key: agent.label for agent in scenario.agents}
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(others)]
        listed = " ".join(
            f"{letter}: {labels[key]}." for letter, key in zip(letters, others, strict=True)
        )
        question = f"Who should speak next? {listed} Answer with one letter."
        weights = _asked(world, policy.moderator, now, question, tuple(letters))
        chosen = others[weights.index(max(weights))]
    elif policy.giving == "round-robin":
        place = keys.index(last) if last else -1
        chosen = min(others, key=lambda key: (keys.index(key) - place - 1) % len(keys))
    else:
        chosen = max(others, key=lambda key: world.draw(name, key, number))
    world.last[rank] = chosen
    return chosen


def _asked(world: World, key: str, now: float, question: str, options) -> list[float]:
    heard = _arrivals(world, key, now, None)
    worn = _worn(world, key, now)
    lines = [Utterance(MODERATOR, world.scenario.opening), *_in_mind(world, key, heard)]
    prompt = compose(worn, lines, [Utterance(MODERATOR, question)])
    request = Request(prompt, worn.adapter, Sampling(max_tokens=1, temperature=0.0), 0)
    world.decisions.append((key, now))
    return list(world.weigh(request, options))


def _next_wake(world: World, rank: int, policy: Dyads, key: str, now: float, number: int) -> None:
    name = _name(world.scenario, rank)
    wait = -log(1 - world.draw(name, "wait", key, number)) * (1 / policy.rate)
    world.wakes.pop((rank, key), None)
    if now + wait < policy.until:
        world.wakes[rank, key] = (now + wait, number)


def _dyads(world: World, now: float) -> list[tuple]:
    """Meetings that go on, end, or begin at this moment; the turns that they give."""
    turns = []
    for meeting in list(world.meetings):
        if meeting.next == now:
            turns += _meeting_goes_on(world, meeting, now)
    for (rank, key), (time, number) in list(world.wakes.items()):
        if time != now:
            continue
        busy = {one for m in world.meetings if m.rank == rank for one in m.pair}
        partners = [
            other
            for other in world.memory
            if other != key and (key, other) in world.ties and (other, key) in world.ties
        ]
        free = [other for other in partners if other in world.here and other not in busy]
        policy, name = world.scenario.policies[rank], _name(world.scenario, rank)
        if not free or key in busy or key not in world.here:
            _next_wake(world, rank, policy, key, now, number + 1)
            continue
        partner = max(free, key=lambda other: world.draw(name, "whom", key, other, number))
        meeting = Meeting((key, partner), now, 2 * policy.exchanges, rank)
        world.meetings.append(meeting)
        turns += _meeting_goes_on(world, meeting, now)
    return turns


def _meeting_goes_on(world: World, meeting: Meeting, now: float) -> list[tuple]:
    policy = world.scenario.policies[meeting.rank]
    one, other = meeting.pair
    if meeting.left == 0 or not {one, other} <= world.here:
        world.meetings.remove(meeting)
        _, number = world.wakes[meeting.rank, one]
        _next_wake(world, meeting.rank, policy, one, now, number + 1)
        return []
    speaker, listener = (one, other) if meeting.left % 2 == 0 else (other, one)
    meeting.left -= 1
    meeting.next = now + policy.gap
    return [(speaker, meeting.rank, "", 0, listener, 0)]
