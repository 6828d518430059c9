"""Who speaks when: every policy against hand counts, and what each refuses."""

import sqlite3
from dataclasses import dataclass
from itertools import pairwise
from math import inf, log

import networkx as nx
import pytest

from agents.agent import Agent
from agents.engines.scripted import ScriptedEngine
from personas.errors import InputError
from simulation.chance import uniform
from simulation.clock import Clock, Process
from simulation.dyads import Dyads
from simulation.floor import Floor
from simulation.graph import Tie
from simulation.reading import read_run
from simulation.room import Room
from simulation.run import run
from simulation.scenario import Scenario, seat_graph
from simulation.timeline import AddTie, Join, Leave, Post, RemoveTie
from simulation.turntaking import Poisson, Replies, Rounds

from .strategies import YES_NO
from .test_record import small

ABC = (Agent("a", "Ada"), Agent("b", "Bo"), Agent("c", "Cy"))


def trio(turns, **changes) -> Scenario:
    """Three people who all hear each other."""
    ties = seat_graph(nx.complete_graph(3), ABC)
    fields = {"agents": ABC, "ties": ties, "surveys": (), "controls": ()}
    return small(turns=turns, **(fields | changes))


def spoken(scenario, folder, speak=lambda _: "hm", weigh=None) -> list[tuple[float, str]]:
    """(time, agent) of every turn."""
    engine = ScriptedEngine(speak) if weigh is None else ScriptedEngine(speak, weigh)
    run(scenario, engine, folder)
    turns = read_run(folder).turns.sort_values(["time", "agent", "counter"])
    return list(zip(turns["time"], turns["agent"], strict=True))


def heard(folder) -> set[tuple[str, str, int]]:
    """(listener, speaker, counter) of everything heard."""
    frame = read_run(folder).exposures
    return set(zip(frame["listener"], frame["speaker"], frame["speaker_counter"], strict=True))


def test_rounds_in_a_random_order_give_each_a_turn_and_differ(tmp_path):
    turns = spoken(trio(Rounds(8, "random")), tmp_path)
    orders = ["".join(agent for _, agent in turns[i : i + 3]) for i in range(0, 24, 3)]
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)
    assert len(set(orders)) > 1
    assert [time for time, _ in turns[:4]] == [1, 1 + 1 / 3, 1 + 2 / 3, 2]


def test_poisson_turns_come_at_the_drawn_moments(tmp_path):
    scenario = trio(Poisson(rate=2.0, until=3.0, rates={"c": 0}), seed=5)
    expected = []
    for agent in ("a", "b"):
        time = 0.0
        for number in range(100):
            time += -log(1 - uniform(5, "poisson 0", agent, number)) / 2
            if time < 3:
                expected.append((time, agent))
    turns = spoken(scenario, tmp_path)
    assert [agent for _, agent in turns] == [agent for _, agent in sorted(expected)]
    assert [time for time, _ in turns] == pytest.approx([time for time, _ in sorted(expected)])


def test_poisson_activations_have_the_rate_asked_for(tmp_path):
    count = len(spoken(trio(Poisson(rate=4.0, until=100.0), ties=()), tmp_path))
    assert abs(count - 1200) < 4 * 1200**0.5  # four standard deviations
    assert trio(Poisson(rate=4.0, until=100.0)).size == (1200, 0)


def test_everybody_answers_every_message_down_to_the_depth(tmp_path):
    """Two people, all of whose times are worked out by hand."""
    turns = (
        Rounds(1),
        Replies(1.0, wait=0.25, until=9, spread="none", depth=2, message_time=0.125),
    )
    ties = tuple(Tie(x, y, delay=0.5 if x == "a" else None) for x in "abc" for y in "abc" if x != y)
    times = spoken(trio(turns, ties=ties, timeline=(Leave(0.5, "c"),)), tmp_path)
    # a and b speak at 1. b hears a at 1.5 and answers at 1.75; a hears b at 1.5 (half a round)
    # and answers at 1.75. Both answers are answered once more: b's is heard at 1.875 and answered
    # at 2.125, a's at 2.25 and 2.5. There the chain ends.
    assert times == [(1, "a"), (1, "b"), (1.75, "a"), (1.75, "b"), (2.125, "a"), (2.5, "b")]


def test_a_post_may_be_answered_too(tmp_path):
    turns = Replies(1.0, wait=0.5, until=9, spread="none", depth=1)
    assert spoken(trio(turns, timeline=(Post(1.0, "News.", ("b",)),)), tmp_path) == [(1.5, "b")]


def test_chance_of_an_answer_is_the_share_of_messages_answered(tmp_path):
    ties = (Tie("a", "b"),)
    turns = (Poisson(10, 60, rates={"b": 0, "c": 0}), Replies(0.3, 0.1, until=60))
    said = spoken(trio(turns, ties=ties), tmp_path)
    remarks = sum(agent == "a" for _, agent in said)
    answers = len(said) - remarks
    assert abs(answers / remarks - 0.3) < 3 * (0.3 * 0.7 / remarks) ** 0.5


def test_a_round_robin_floor_skips_who_is_away(tmp_path):
    timeline = (Leave(2.0, "b"), Join(4.5, "b"))
    turns = spoken(trio(Floor(6), timeline=timeline), tmp_path)
    assert turns == [(1, "a"), (2, "c"), (3, "a"), (4, "c"), (5, "a"), (6, "b")]


def test_a_random_floor_never_gives_two_turns_running(tmp_path):
    order = [agent for _, agent in spoken(trio(Floor(40, "random")), tmp_path)]
    assert all(one != other for one, other in pairwise(order))
    assert set(order) == {"a", "b", "c"}


def test_the_most_willing_speaks_next(tmp_path):
    """Willing is who has just been named."""

    def speak(request) -> str:
        return {"Ada": "Cy?", "Bo": "Ada?", "Cy": "Bo?"}[request.messages()[0][1].split()[2][:-1]]

    def weigh(request, options):
        me = request.messages()[0][1].split()[2].strip(".")
        lines = request.messages()[-2][1].splitlines()
        assert lines[-1].startswith("Moderator: Do you want to speak next?")
        called = len(lines) > 1 and lines[-2].endswith(f"{me}?")
        return (0.9, 0.1) if called else (0.2, 0.8)

    first, *order = [a for _, a in spoken(trio(Floor(7, "bidding")), tmp_path, speak, weigh)]
    following = {"a": "c", "c": "b", "b": "a"}
    for agent in order:
        assert agent == following[first]
        first = agent


def test_the_moderator_picks_by_what_was_said_and_does_not_speak(tmp_path):
    asked = []

    def weigh(request, options):
        last = request.messages()[-2][1].splitlines()[-1]
        asked.append(last)
        return [0.1] * (len(options) - 1) + [0.6]

    floor = Floor(4, "moderator", moderator="b")
    turns = spoken(trio(floor), tmp_path, lambda _: "hm", weigh)
    # The last letter wins: Cy first; then only Ada is left, who then leaves Cy, and so on.
    assert [agent for _, agent in turns] == ["c", "a", "c", "a"]
    assert asked[0].endswith("Who should speak next? A: Ada. B: Cy. Answer with one letter.")
    assert asked[1].endswith("Who should speak next? A: Ada. Answer with one letter.")


def test_choices_are_private_and_recorded(tmp_path):
    prompts = []

    def speak(request) -> str:
        prompts.append(str(request.messages()))
        return "hm"

    spoken(trio(Floor(3, "bidding")), tmp_path, speak)
    assert not any("speak next" in prompt for prompt in prompts)
    database = sqlite3.connect(tmp_path / "record.sqlite")
    rows = database.execute("SELECT agent, counter, time FROM decisions ORDER BY 3, 1").fetchall()
    database.close()
    # Three bid for the first turn, and for each further one all but the last speaker.
    assert len(rows) == 3 + 2 + 2
    assert rows[:3] == [("a", 0, 1.0), ("b", 0, 1.0), ("c", 0, 1.0)]


def test_pairs_talk_in_private_and_one_at_a_time(tmp_path):
    said = spoken(trio(Dyads(rate=3.0, until=20.0, exchanges=2, gap=0.1)), tmp_path)
    meetings = [said[i : i + 4] for i in range(0, len(said), 4)]
    assert len(meetings) > 5
    for meeting in meetings:  # with three people there is one pair at a time
        names = [agent for _, agent in meeting]
        assert names[0] == names[2] != names[1] == names[3]
        gaps = [b[0] - a[0] for a, b in pairwise(meeting)]
        assert gaps == pytest.approx([0.1] * 3)
    partner = {}
    counters = dict.fromkeys("abc", 0)
    for meeting in meetings:
        names = {agent for _, agent in meeting}
        for _, agent in meeting:
            partner[agent, counters[agent]] = next(iter(names - {agent}))
            counters[agent] += 1
    assert heard(tmp_path)
    assert all(partner[speaker, n] == listener for listener, speaker, n in heard(tmp_path))


def test_pairs_are_drawn_along_ties_in_both_directions(tmp_path):
    ties = (Tie("a", "b"), Tie("b", "a"), Tie("a", "c"))
    said = spoken(trio(Dyads(rate=3.0, until=5.0), ties=ties), tmp_path)
    assert {agent for _, agent in said} == {"a", "b"}


def test_who_leaves_ends_the_meeting(tmp_path):
    ties = (Tie("a", "b"), Tie("b", "a"))
    everything = spoken(trio(Dyads(2.0, 9.0, gap=0.1), ties=ties), tmp_path / "all")
    second = everything[1][0]
    cut = trio(
        Dyads(2.0, 9.0, gap=0.1), ties=ties, timeline=(Leave(second, "c"), Leave(second, "b"))
    )
    assert spoken(cut, tmp_path / "cut") == everything[:1]


def test_policies_side_by_side_disturb_nobodys_draws(tmp_path):
    alone = spoken(trio(Poisson(1.0, 5.0)), tmp_path / "alone")
    both = spoken(trio((Poisson(1.0, 5.0), Floor(5), Dyads(0.5, 5.0))), tmp_path / "both")
    assert set(alone) < set(both)
    newcomer = (*ABC, Agent("d", "Di"))
    more = trio(Poisson(1.0, 5.0), agents=newcomer, ties=())
    assert {turn for turn in spoken(more, tmp_path / "more") if turn[1] != "d"} == set(alone)


@dataclass(frozen=True)
class Late:
    """Ada answers Bo at the very moment at which he speaks; later Cy has heard both."""

    def run(self, chair) -> Process:
        def answer() -> Process:
            chair.speak("a")
            yield chair.clock.until(1.0)

        def consider(speech, listener, _) -> None:
            if (speech.agent, listener) == ("b", "a"):
                chair.clock.process(answer())

        chair.when_sent(consider)
        yield chair.clock.until(1.0)
        chair.speak("b")
        yield chair.clock.until(2.0)
        chair.speak("c")

    def end(self) -> float:
        return 2.0

    def hearing(self, agents: int) -> float:
        return 0.5

    def rest(self, wave: int, agents: int) -> float:
        return wave + 0.75

    def turns(self, agents: int) -> float:
        return 3


def test_what_arrives_together_is_heard_in_the_total_order_even_of_turns_given_late():
    made = []
    room = Room(trio(Late()), "talk", made.append)
    while room.next_time < inf:
        room.advance()
    assert [promise.agent for promise in made] == ["b", "a", "c"]
    assert [delivery.speech.agent for delivery in made[-1].heard] == ["a", "b"]


def test_posts_are_heard_strictly_later_by_those_they_are_for(tmp_path):
    timeline = (Post(2.0, "The bridge is closed.", ("a", "b"), "Radio"), Leave(1.5, "b"))
    prompts = {}

    def speak(request) -> str:
        prompts[request.messages()[0][1], request.priority] = str(request.messages())
        return "hm"

    spoken(trio(Rounds(3), timeline=timeline), tmp_path, speak)
    told = {key for key, prompt in prompts.items() if "Radio: The bridge is closed." in prompt}
    assert told == {("You are Ada.", 3.0)}
    assert ("a", "@post", 0) in heard(tmp_path)


def test_the_scrambled_arm_is_told_something_unrelated(tmp_path):
    timeline = (Post(1.5, "Tea is dear.", unrelated="Rain is near."),)
    prompts = []

    def speak(request) -> str:
        prompts.append(str(request.messages()))
        return "hm"

    spoken(trio(Rounds(2), timeline=timeline, controls=("scrambled",)), tmp_path, speak)
    assert sum("Tea is dear" in prompt for prompt in prompts) == 3
    assert sum("Rain is near" in prompt for prompt in prompts) == 3
    assert not any("Tea is dear" in p and "Rain" in p for p in prompts)


def test_ties_come_and_go(tmp_path):
    ties = (Tie("a", "b"),)
    timeline = (RemoveTie(2.0, "a", "b"), AddTie(3.0, Tie("c", "b")), Join(1.5, "c"))
    spoken(trio(Rounds(4), ties=ties, timeline=timeline), tmp_path)
    # b hears a's first message, and from round 3 on what c says, its second turn.
    assert heard(tmp_path) == {("b", "a", 0), ("b", "c", 1)}


def test_absent_agents_are_not_asked(tmp_path):
    scenario = trio(Rounds(3), surveys=(YES_NO,), timeline=(Leave(2.0, "a"), Join(1.0, "b")))
    run(scenario, ScriptedEngine(lambda _: "hm"), tmp_path)
    surveys = read_run(tmp_path).surveys
    waves = {agent: sorted(set(rows["wave"])) for agent, rows in surveys.groupby("agent")}
    assert waves == {"a": [0, 1], "b": [1, 2, 3], "c": [0, 1, 2, 3]}


def test_waves_of_hours_are_asked_on_the_hour_after_speech(tmp_path):
    scenario = trio(Poisson(2.0, 3.5), surveys=(YES_NO,), unit="hours")
    run(scenario, ScriptedEngine(lambda _: "hm"), tmp_path)
    surveys = read_run(tmp_path).surveys
    assert sorted(set(zip(surveys["wave"], surveys["time"], strict=True))) == [
        (0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0),
    ]  # fmt: skip
    assert scenario.waves == 5


def test_the_clock_meets_the_moment_that_was_meant():
    clock = Clock()
    for time in (0.1, 0.7, 1.1, 5.3, 1e6 + 0.1, 1e9 / 3):
        clock.run(clock.until(time))
        assert clock.now == time


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Poisson(0, 1), "rate must be above 0 and finite, got 0"),
        (lambda: Poisson(1, float("inf")), "until must be above 0 and finite, got inf"),
        (lambda: Poisson(1, 1, {"a": -1}), "rate of 'a' must be at least 0"),
        (lambda: Poisson(1, 1, message_time=0), "message_time must be above 0"),
        (lambda: Replies(1.1, 1, 1), r"chance must lie in \[0, 1\], got 1.1"),
        (lambda: Replies(1, 0, 1), "wait must be above 0"),
        (lambda: Replies(1, 1, 1, depth=0), "depth must be at least 1, got 0"),
        (lambda: Floor(0), "at least 1 turn, got 0"),
        (lambda: Floor(1, "biding"), "did you mean 'bidding'"),
        (lambda: Floor(1, "moderator"), "needs the key of its moderator"),
        (lambda: Floor(1, moderator="a"), "if giving is 'moderator' only"),
        (lambda: Dyads(1, 1, exchanges=0), "exchanges must be at least 1, got 0"),
        (lambda: Dyads(1, 1, gap=-1), "gap must be above 0"),
        (lambda: trio(()), "at least 1 policy, got 0"),
        (lambda: trio(Floor(1, "moderator", "d")), "moderator names 'd', who is not in the room"),
        (lambda: trio(Poisson(1, 1, {"d": 1})), "rates names 'd', who is not in the room"),
        (lambda: trio(Rounds(1), timeline=(Leave(0, "a"),)), "Leave time must be above 0"),
        (lambda: trio(Rounds(1), timeline=(Leave(1, "x"),)), "names 'x', who is not in the room"),
        (
            lambda: trio(Rounds(1), timeline=(Leave(1, "a"), Leave(2, "a"))),
            "Leave at 2: 'a' has left before",
        ),
        (
            lambda: trio(Rounds(1), timeline=(Join(1, "a"), Join(2, "a"))),
            "Join at 2: 'a' is there already",
        ),
        (
            lambda: trio(Rounds(1), ties=(), timeline=(RemoveTie(1, "a", "b"),)),
            "'b' does not hear 'a'",
        ),
        (
            lambda: trio(Rounds(1), controls=("scrambled",), timeline=(Post(1, "x"),)),
            "needs an `unrelated` text",
        ),
    ],
)
def test_bad_input_names_field_value_and_remedy(build, message):
    with pytest.raises(InputError, match=message):
        build()
