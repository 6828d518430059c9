"""The reference: one turn after the other in the total order, written as plainly as possible.

It shares the prompt's composition and the chance by name with the product, and nothing of the
scheduling: no SimPy, no promises, no inboxes, no concurrency.
"""

from agents.memory import Utterance
from agents.prompt import MODERATOR, compose
from personas.model import Request
from simulation.chance import seed_for, uniform
from simulation.scenario import Scenario


def turn_times(scenario: Scenario) -> list[tuple[float, str, int]]:
    """Every turn as (time, agent, counter) in the total order."""
    turns = []
    n = len(scenario.agents)
    for number in range(scenario.turns.count):
        for place, agent in enumerate(scenario.agents):
            slot = place / n if scenario.turns.order == "sequential" else 0.0
            turns.append((number + 1 + slot, agent.key, number))
    return sorted(turns)


def serial_transcript(scenario: Scenario, speak) -> list[tuple[float, str, int, str]]:
    """(time, agent, counter, text) of every turn of the talk, spoken one by one."""
    default = 0.5 / (len(scenario.agents) if scenario.turns.order == "sequential" else 1)
    by_key = {agent.key: agent for agent in scenario.agents}
    said: list[tuple[float, str, int, str]] = []
    memory = {key: [] for key in by_key}
    taken: dict[str, set[tuple[str, int]]] = {key: set() for key in by_key}
    for time, key, counter in turn_times(scenario):
        new = []
        for then, speaker, count, text in said:
            for tie in scenario.ties:
                if tie.speaker == speaker and tie.listener == key:
                    due = then + (default if tie.delay is None else tie.delay)
                    if due < time and (speaker, count) not in taken[key]:
                        taken[key].add((speaker, count))
                        draw = uniform(scenario.seed, "notice", key, speaker, count)
                        if draw < tie.weight:
                            new.append((due, then, speaker, count, text))
        new.sort(key=lambda item: item[:4])
        if scenario.attention is not None:
            new = new[len(new) - min(len(new), scenario.attention) :]
        memory[key] += [Utterance(by_key[s].label, text) for _, _, s, _, text in new]
        lines = [Utterance(MODERATOR, scenario.opening), *memory[key]]
        seed = seed_for(scenario.seed, "speak", key, counter)
        request = Request(compose(by_key[key], lines), None, scenario.sampling, seed, priority=time)
        text = speak(request)
        said.append((time, key, counter, text))
        memory[key].append(Utterance(by_key[key].label, text, own=True))
    return said
