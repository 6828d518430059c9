"""Admission: nobody waits without need, nobody is overtaken for ever, loads are few."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.engines.admission import BASE, Admission
from personas.errors import InputError


def admit_all(door: Admission) -> list:
    """Everybody who may go now."""
    return list(iter(door.next, None))


def names(tickets) -> str:
    return "".join(ticket.adapter for ticket in tickets)


def test_one_slot_and_two_adapters_alternate_in_batches():
    door = Admission(slots=1, in_flight=2)
    for priority in range(6):
        door.arrive("ab"[priority % 2], priority)
    order = []
    while going := admit_all(door):
        order += going
        for ticket in going:
            door.done(ticket)
    assert names(order) == "aaabbb"
    assert door.loads == 2


def test_bound_on_overtaking_by_hand():
    door = Admission(slots=1, max_overtakes=2, in_flight=1)
    door.arrive("a", 0)
    first = door.next()
    for priority in (1, 2, 3, 4, 5):
        door.arrive("b" if priority == 1 else "a", priority)
    order = [first]
    while True:
        door.done(order[-1])
        ticket = door.next()
        if ticket is None:
            break
        order.append(ticket)
    # b, due at 1, lets the turns due at 2 and 3 pass and no more.
    assert [(t.adapter, t.order[0]) for t in order] == [
        ("a", 0), ("a", 2), ("a", 3), ("b", 1), ("a", 4), ("a", 5),
    ]  # fmt: skip


def test_zero_overtakes_is_the_order_of_due_times():
    door = Admission(slots=2, max_overtakes=0, in_flight=1)
    for priority, adapter in ((3, "a"), (1, "b"), (2, "c"), (0, "a")):
        door.arrive(adapter, priority)
    order = []
    while (ticket := door.next()) is not None:
        order.append(ticket.order[0])
        door.done(ticket)
    assert order == [0, 1, 2, 3]


def test_the_adapter_needed_last_gives_up_its_slot():
    door = Admission(slots=2)
    for adapter in "ab":
        door.done(admit_all_one(door, adapter))
    door.upcoming("a", 9.0)
    door.upcoming("b", 5.0)
    door.arrive("c", 1.0)
    assert names(admit_all(door)) == "c"
    assert door.resident == {"b", "c"}


def admit_all_one(door: Admission, adapter: str):
    """One request, admitted."""
    ticket = door.arrive(adapter, 0.0)
    assert door.next() is ticket
    return ticket


def test_without_announcements_the_least_recently_used_gives_up_its_slot():
    door = Admission(slots=2)
    for adapter in "aba":
        door.done(admit_all_one(door, adapter))
    door.done(admit_all_one(door, "c"))
    assert door.resident == {"a", "c"}


def test_the_base_needs_no_slot():
    door = Admission(slots=1)
    door.arrive("a", 0)
    door.arrive(BASE, 1)
    door.arrive("b", 0)
    assert sorted(names(admit_all(door))) == ["a"]
    assert [t.adapter for t in admit_all(door)] == []
    assert door.in_flight == 2
    assert door.loads == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"slots": 0}, "slots must be at least 1, got 0"),
        ({"slots": 1, "max_overtakes": -1}, "max_overtakes must be at least 0, got -1"),
        ({"slots": 1, "in_flight": 0}, "in_flight must be at least 1, got 0"),
    ],
)
def test_numbers_out_of_range(arguments, message):
    with pytest.raises(InputError, match=message):
        Admission(**arguments)


adapters = st.sampled_from(["a", "b", "c", BASE])
arrive = st.tuples(st.just("arrive"), adapters, st.integers(0, 6))
admit = st.tuples(st.just("admit"), st.none(), st.integers(1, 2))
finish = st.tuples(st.just("finish"), st.none(), st.integers(0, 9))
rare = st.one_of(
    st.tuples(st.just("hint"), st.sampled_from("abc"), st.integers(0, 6)),
    st.tuples(st.just("withdraw"), st.none(), st.integers(0, 9)),
)
steps = st.lists(st.one_of(arrive, arrive, admit, admit, finish, rare), min_size=15, max_size=60)


@settings(max_examples=300, deadline=None)
@given(steps, st.integers(1, 2), st.integers(0, 3), st.integers(1, 4))
def test_whatever_happens(steps, slots, bound, in_flight):
    """Against a plain count: bounded overtaking, bounded slots, and work is done while there is."""
    door = Admission(slots, bound, in_flight)
    waiting, running, overtaken = [], [], {}

    def admit() -> bool:
        ticket = door.next()
        if ticket is None:
            idle_slot = len({t.adapter for t in running} - {BASE}) < slots
            if waiting and len(running) < in_flight:
                first = min(waiting)
                # The earliest due may only be held up by busy slots.
                assert not idle_slot or not can_go(first)
            assert running or not waiting
            return False
        waiting.remove(ticket)
        running.append(ticket)
        for other in waiting:
            if other < ticket:
                overtaken[other] = overtaken.get(other, 0) + 1
                assert overtaken[other] <= bound
        assert len(running) <= in_flight
        in_use = {t.adapter for t in running} - {BASE}
        assert in_use <= door.resident
        assert len(door.resident) <= slots
        return True

    def can_go(ticket) -> bool:
        """Whether its adapter is at hand, or a slot is neither busy nor waited for."""
        wanted = {t.adapter for t in running} | {t.adapter for t in waiting}
        spare = len(door.resident) < slots or bool(door.resident - wanted)
        return ticket.adapter == BASE or ticket.adapter in door.resident or spare

    for kind, adapter, number in steps:
        if kind == "arrive":
            waiting.append(door.arrive(adapter, float(number)))
        elif kind == "hint":
            door.upcoming(adapter, float(number))
        elif kind == "admit":
            for _ in range(number):
                admit()
        elif kind == "finish" and running:
            door.done(running.pop(number % len(running)))
        elif kind == "withdraw" and waiting:
            door.withdraw(waiting.pop(number % len(waiting)))
    while waiting or running:  # everything ends, whatever is left
        while admit():
            pass
        door.done(running.pop())
