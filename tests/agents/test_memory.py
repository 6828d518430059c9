"""Memory drops its oldest part in blocks, and prompts alternate as models want."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.agent import Agent
from agents.memory import MemorySpec, Utterance
from agents.prompt import Talk, begun, compose, ended
from personas.errors import InputError
from personas.model import Control, Request, Spoken
from personas.speaking import one_line

COSTS = st.lists(st.integers(0, 60), max_size=40)


def test_drops_a_block_by_hand_count():
    memory = MemorySpec(tokens=100, block_tokens=40)
    assert memory.first_kept([20] * 5) == 0  # 100 fits
    assert memory.first_kept([20] * 6) == 2  # 20 too many: one block of 40 goes
    assert memory.first_kept([20] * 7) == 2  # the block made room
    assert memory.first_kept([20] * 8) == 4  # 60 too many: two blocks
    assert memory.first_kept([500]) == 1  # a line beyond the budget is not remembered


@given(COSTS, st.integers(1, 300), st.data())
def test_what_is_kept_fits_and_the_edge_never_moves_back(costs, tokens, data):
    memory = MemorySpec(tokens, data.draw(st.integers(1, tokens)))
    edges = [memory.first_kept(costs[:n]) for n in range(len(costs) + 1)]
    assert edges == sorted(edges)
    assert all(sum(costs[edges[n] : n]) <= tokens for n in range(len(costs) + 1))


@given(st.lists(st.integers(0, 3), min_size=60, max_size=300), st.integers(1, 40), st.data())
def test_the_edge_of_a_long_talk_is_the_first_line_from_which_enough_has_dropped(
    costs, tokens, data
):
    memory = MemorySpec(tokens, data.draw(st.integers(1, tokens)))
    beyond = max(0, sum(costs) - tokens)
    dropped = -(-beyond // memory.block_tokens) * memory.block_tokens
    edges = [i for i in range(len(costs) + 1) if sum(costs[:i]) >= dropped]
    assert memory.first_kept(costs) == min(edges, default=len(costs))


@given(COSTS, st.integers(60, 300))
def test_no_more_is_dropped_than_one_block_beyond_need(costs, tokens):
    memory = MemorySpec(tokens, block_tokens=60)
    first = memory.first_kept(costs)
    if first:
        assert sum(costs[first:]) > tokens - 60 - 60  # a block, and the line that spans its edge


@pytest.mark.parametrize(("tokens", "block"), [(0, 1), (10, 0), (10, 11)])
def test_bad_budgets_are_refused(tokens, block):
    with pytest.raises(InputError, match="memory"):
        MemorySpec(tokens, block)


@given(st.text())
def test_an_utterance_is_one_line_whatever_it_holds(text):
    assert len(one_line(text).splitlines()) <= 1
    assert Utterance("Ada", text).line.count("\n") == 1


def test_prompt_by_hand():
    talk = [
        Utterance("Moderator", "Tea?"),
        Utterance("Bo", "Yes.\nAda: No."),
        Utterance("Ada", "No.", own=True),
        Utterance("Bo", "Why?"),
    ]
    parts = compose(Agent("a", "Ada"), talk, [Utterance("Moderator", "A or B?")])
    assert parts == (
        Control("system"), Spoken("You are Ada."),
        Control("user"), Spoken("Moderator: Tea?\n"), Spoken("Bo: Yes. Ada: No.\n"),
        Control("assistant"), Spoken("No."),
        Control("user"), Spoken("Bo: Why?\n"), Spoken("Moderator: A or B?\n"),
        Control("assistant"),
    )  # fmt: skip


@given(st.lists(st.booleans(), max_size=12))
def test_roles_alternate_whoever_spoke(owns):
    talk = [Utterance("Ada" if own else "Bo", "Hm.", own) for own in owns]
    roles = [p.role for p in compose(Agent("a", "Ada"), talk) if isinstance(p, Control)]
    assert roles[0] == "system"
    assert roles[1::2] == ["user"] * len(roles[1::2])
    assert roles[2::2] == ["assistant"] * len(roles[2::2])
    assert roles[-1] == "assistant"
    Request(compose(Agent("a", "Ada"), talk))


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_prompt_only_grows_at_its_end(owns):
    talk = [Utterance("Ada" if own else "Bo", f"{i}", own) for i, own in enumerate(owns)]
    agent = Agent("a", "Ada")
    heard = [i for i, own in enumerate(owns) if not own]
    for shorter, longer in pairwise(heard):
        before, after = compose(agent, talk[: shorter + 1]), compose(agent, talk[: longer + 1])
        assert after[: len(before) - 1] == before[:-1]


@given(st.lists(st.booleans(), max_size=10), st.data())
def test_stretch_of_a_talk_reads_as_if_composed_anew(owns, data):
    lines = [Utterance("Ada" if own else "Bo", f"{i}", own) for i, own in enumerate(owns)]
    talk = Talk()
    for own, stretch in groupby(lines, key=lambda line: line.own):
        if own:
            for line in stretch:
                talk.say(line.spoken)
        else:
            talk.hear([line.spoken for line in stretch])
    first = data.draw(st.integers(0, len(owns)))
    length = data.draw(st.integers(first, len(owns)))
    agent, opening = Agent("a", "Ada"), Utterance("Moderator", "Tea?")
    for before in ([], [opening]):
        parts = [*begun(agent), *(line.spoken for line in before)]
        talk.repeat(parts, first, length)
        assert ended(parts) == compose(agent, [*before, *lines[first:length]])
