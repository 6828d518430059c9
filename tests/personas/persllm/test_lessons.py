"""Rows hold what is learnt and nothing else, as often as they should, in one order for ever."""

import random
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from personas.instructions import Instruction
from personas.items import Conversation, Turn
from personas.persllm.lessons import (
    UNLEARNT,
    arranged,
    labels,
    pair_lesson,
    pair_lessons,
    sft_lessons,
    used_pairs,
)
from personas.persllm.presets import Sft
from personas.rendering import Renderer
from personas.speaking import conversation_talk
from tests.personas.persllm.apprentice import item, pair
from tests.tiny import byte_tokenizer

TOKENIZER = byte_tokenizer()
RENDERER = Renderer(TOKENIZER)
OTHER_KINDS = [("assistant", "answered again"), ("other stage", "answered again")]


def lessons(*items, instructions=(), longest=500, repeats=1, silent=0, seed=0):
    sft = Sft(repeats=repeats, silent=silent, batch=4)
    return sft_lessons(items, instructions, "Ada", RENDERER, longest, sft, seed)


def text(ids) -> str:
    return str(TOKENIZER.decode(list(ids)))


def size(said: str) -> int:
    return len(TOKENIZER.encode(said, add_special_tokens=False))


def test_the_mask_of_a_small_conversation_by_hand() -> None:
    ((ids, counts),) = lessons(item(0, ("Tea?", "Yes."), ("Sure?", "I am."))).rows
    assert text(ids) == (
        "<|bos|><|system|>You are Ada. The year is 2015.<|end|>"
        "<|user|>Moderator: Tea?\n<|end|><|assistant|>Yes.<|end|>"
        "<|user|>Moderator: Sure?\n<|end|><|assistant|>I am.<|end|>"
    )
    kept = [token for token, one in zip(ids, counts, strict=True) if one]
    assert text(kept) == "Yes.<|end|>I am.<|end|>"
    assert sum(counts) == size("Yes.") + 1 + size("I am.") + 1


def test_labels_leave_out_what_is_not_learnt() -> None:
    assert labels(([7, 8, 9], [False, True, True])) == [UNLEARNT, 8, 9]


def test_a_thought_is_learnt_behind_its_cue_and_nowhere_else() -> None:
    thinking, silent = (
        lessons(item(0, ("Tea?", "Yes."), thinks=thinks)).rows[0] for thinks in (True, False)
    )
    assert "Think before you answer.<|end|>" in text(thinking[0])
    assert text(thinking[0]).endswith("[Analysis] They ask. [Response] Yes.<|end|>")
    assert "Think" not in text(silent[0])
    assert "They ask" not in text(silent[0])


def test_a_turn_that_is_not_to_be_learnt_is_read_only() -> None:
    turns = (Turn("Tea?", "Yes.", learnt=False), Turn("Sure?", "I am."))
    one = Conversation("ada", "late", 2015, False, turns, "ada/late/0")
    ((ids, counts),) = RENDERER.lessons(conversation_talk("Ada", one), [t.learnt for t in turns])
    kept = [token for token, wanted in zip(ids, counts, strict=True) if wanted]
    assert text(kept) == "I am.<|end|>"


def test_own_conversations_are_repeated_and_general_ones_are_not() -> None:
    made = lessons(
        item(0, ("Tea?", "Yes.")),
        item(1, ("Dog?", "No."), pattern="error"),
        item(2, ("Add 2 and 2.", "4."), pattern="general"),
        instructions=(Instruction("Add 1 and 1.", "2."), Instruction("Who knows?")),
        repeats=5,
    )
    assert (made.own, made.general, made.left_out, made.shortened) == (2, 2, 0, 0)
    ends = Counter(text(ids).rpartition("<|assistant|>")[2] for ids, _ in made.rows)
    assert ends == {"Yes.<|end|>": 5, "No.<|end|>": 5, "4.<|end|>": 1, "2.<|end|>": 1}
    assert made.tokens == sum(len(ids) for ids, _ in made.rows)
    assert made.learnt == 5 * (size("Yes.") + size("No.") + 2) + size("4.") + size("2.") + 2


def test_some_readings_of_a_thought_leave_it_out() -> None:
    thinking, silent = (item(0, ("Tea?", "Yes."), thinks=thinks) for thinks in (True, False))
    (aloud,), (plain,) = lessons(thinking).rows, lessons(silent).rows
    made = lessons(thinking, repeats=5, silent=2)
    assert sorted(made.rows) == sorted([aloud] * 3 + [plain] * 2)
    assert made.own == 1
    assert lessons(silent, repeats=5, silent=2).rows == (plain,) * 5


def test_general_instructions_are_answered_by_nobody_in_particular() -> None:
    ((ids, _),) = lessons(instructions=(Instruction("Add 1 and 1.", "2."),)).rows
    assert text(ids) == "<|bos|><|user|>Moderator: Add 1 and 1.\n<|end|><|assistant|>2.<|end|>"


def test_what_is_too_long_loses_its_last_turns_or_is_left_out() -> None:
    two = item(0, ("Tea?", "Yes."), ("Sure?", "I am."))
    (whole,) = lessons(two).rows
    (first,) = lessons(item(0, ("Tea?", "Yes."))).rows
    exact = lessons(two, longest=len(whole[0]))
    assert (exact.rows, exact.shortened, exact.left_out) == ((whole,), 0, 0)
    short = lessons(two, longest=len(whole[0]) - 1)
    assert (short.rows, short.shortened, short.left_out) == ((first,), 1, 0)
    none = lessons(two, longest=len(first[0]) - 1)
    assert (none.rows, none.shortened, none.left_out, none.own) == ((), 0, 1, 0)


def test_a_seed_fixes_the_order() -> None:
    items = [item(at, (f"Number {at}?", "Yes.")) for at in range(12)]
    assert lessons(*items).rows == lessons(*items).rows
    assert lessons(*items).rows != lessons(*items, seed=1).rows
    assert Counter(map(str, lessons(*items).rows)) == Counter(
        map(str, lessons(*items, seed=1).rows)
    )


@given(st.lists(st.integers(1, 50), max_size=80), st.integers(1, 7), st.integers(0, 3))
def test_any_rows_are_all_there_in_batches_of_like_length(
    lengths: list[int], batch: int, seed: int
) -> None:
    rows = list(enumerate(lengths))
    made = arranged(rows, lambda row: row[1], batch, random.Random(seed))
    assert sorted(made) == rows
    if len(rows) <= 16 * batch:  # one window: what lies between two rows of a batch is in it
        batches = [made[at : at + batch] for at in range(0, len(made), batch)]
        spans = sorted((min(r[1] for r in one), max(r[1] for r in one)) for one in batches)
        for (_, high), (low, _) in pairwise(spans):
            assert high <= low or (high, low) == (low, high)


def test_both_answers_follow_one_prompt_and_the_better_one_is_what_was_learnt() -> None:
    made = pair_lesson("Ada", pair(0, "Tea?", "Yes.", "Perhaps\nnot."), RENDERER)
    assert text(made.prompt).endswith("<|user|>Moderator: Tea?\n<|end|><|assistant|>")
    assert text(made.chosen) == "Yes.<|end|>"
    assert text(made.rejected) == "Perhaps not.<|end|>"
    ((ids, _),) = lessons(item(0, ("Tea?", "Yes."))).rows
    assert [*made.prompt, *made.chosen] == ids
    assert made.longest == len(made.prompt) + len(made.rejected)


def test_pairs_that_are_too_long_are_left_out_and_epochs_read_all() -> None:
    pairs = [pair(0, "Tea?", "Yes.", "No."), pair(1, "Tea?", "Yes." * 20, "No.")]
    short = pair_lesson("Ada", pairs[0], RENDERER)
    assert pair_lessons(pairs, "Ada", RENDERER, short.longest, 2, 3, 0) == (short,) * 3


def test_a_share_of_the_pairs_by_hand() -> None:
    # 6 of one kind and 2 of the other; a half is 3 and 1, three eighths are 2.25 and 0.75: 2 and 1
    pairs = [pair(1, str(at), "a", "b") for at in range(6)]
    pairs += [pair(0, str(at), "a", "b") for at in range(2)]
    for share, quotas in ((0.5, (3, 1)), (0.375, (2, 1)), (1.0, (6, 2)), (0.0, (0, 0))):
        taken, shares = used_pairs(pairs, share, seed=0)
        assert tuple(one.used for one in shares) == quotas
        assert [(one.negative, one.route) for one in shares] == OTHER_KINDS
        assert [one.of for one in shares] == [6, 2]
        assert len(taken) == sum(quotas)
        assert list(taken) == [one for one in pairs if one in taken]


def test_no_more_pairs_are_used_than_there_may_be() -> None:
    # 6 and 2, of which 4 may be: 3 and 1; a bound above the share changes nothing
    pairs = [pair(1, str(at), "a", "b") for at in range(6)]
    pairs += [pair(0, str(at), "a", "b") for at in range(2)]
    for share, most, quotas in ((1.0, 4, (3, 1)), (0.5, 6, (3, 1)), (1.0, 0, (6, 2))):
        _, shares = used_pairs(pairs, share, 0, most)
        assert tuple(one.used for one in shares) == quotas


@given(st.lists(st.integers(0, 1), max_size=60), st.floats(0, 1), st.integers(0, 3))
def test_any_share_keeps_the_mix(kinds: list[int], share: float, seed: int) -> None:
    pairs = [pair(kind, str(at), "a", "b") for at, kind in enumerate(kinds)]
    taken, shares = used_pairs(pairs, share, seed)
    assert len(taken) == round(share * len(pairs)) == sum(one.used for one in shares)
    assert all(abs(one.used - share * one.of) <= 1 for one in shares)
    assert used_pairs(pairs, share, seed)[0] == taken
