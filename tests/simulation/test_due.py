"""The queue of what is due, against sorting."""

from hypothesis import given
from hypothesis import strategies as st

from simulation.due import DueQueue

PUSHES = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1e9]) | st.none(), max_size=40)


@given(PUSHES)
def test_the_lowest_priority_goes_first_and_of_that_what_came_first(pushes):
    """A number is pushed, None takes what is first."""
    queue, reference = DueQueue(), []
    for number, priority in enumerate(pushes):
        if priority is not None:
            queue.push(priority, number)
            reference.append((priority, number))
        elif reference:
            expected = min(reference)
            reference.remove(expected)
            assert queue.first() == expected[1]
            assert queue.pop() == expected[1]
        assert bool(queue) == bool(reference)
    assert [queue.pop() for _ in reference] == [number for _, number in sorted(reference)]
