"""Rankings by people: what is shown, what may be typed, and what it comes to by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from personas.examination.answers import Answer, Verdict
from personas.examination.human_ranking import Ranking, agreement, points, ranked, sheets
from personas.examination.ranking import STANDING


def answer(arm: str, text: str, question: str = "q", standing: float = 0.5, **rest) -> Answer:
    told = {"kind": "ordinary", "turn": 0} | rest
    return Answer(
        "test", arm, "late", "ada/late", 0, question, told["kind"], "knowledge", told["turn"], "",
        "Tea?", "Yes.", text, (Verdict(STANDING, standing),),
    )  # fmt: skip


THREE = [answer("sft", "Yes.", standing=1), answer("dpo", "No.", standing=0), answer("base", "Hm.")]


def typed(arms: str, sheet) -> str:
    """The letters of arms, best first, as a rater would type them."""
    letter = {arm: a for a, some in zip(sheet.letters, sheet.arms, strict=True) for arm in some}
    return " ".join("=".join(letter[arm] for arm in part.split("=")) for part in arms.split())


def test_what_is_alike_is_shown_once_and_what_all_say_is_not_asked() -> None:
    (sheet,) = sheets([*THREE, answer("prompt", "Yes."), answer("sft", "A."), answer("sft", "A.",
                      "other"), answer("dpo", "A.", "other")][:4], "ann")  # fmt: skip
    assert sorted(sheet.answers) == ["Hm.", "No.", "Yes."]
    assert ("sft", "prompt") in sheet.arms
    assert sheets([answer("sft", "A."), answer("dpo", "A.")], "ann") == []
    assert sheets([answer("sft", "A.", kind="error"), answer("dpo", "B.", kind="error")], "x") == []


def test_raters_see_orders_of_their_own() -> None:
    orders = {sheets(THREE, f"rater {number}")[0].answers for number in range(20)}
    assert len(orders) == 6
    assert sheets(THREE, "ann") == sheets(THREE, "ann")


@pytest.mark.parametrize(
    ("words", "worth"),
    [
        ("sft dpo base", {"sft": 1, "dpo": 0.5, "base": 0}),
        ("sft=dpo base", {"sft": 0.75, "dpo": 0.75, "base": 0}),
        ("sft=dpo=base", {"sft": 0.5, "dpo": 0.5, "base": 0.5}),
    ],
)
def test_standings_by_hand(words: str, worth: dict[str, float]) -> None:
    (sheet,) = sheets(THREE, "ann")
    assert ranked(sheet, typed(words, sheet), "ann").by_arm == worth
    loose = typed(words, sheet).upper().replace("=", " = ").replace(" ", "  ")
    assert ranked(sheet, loose, "ann").by_arm == worth


@pytest.mark.parametrize("words", ["a b", "a b b c", "a b d", "1 2 3", "a=b"])
def test_what_is_no_ranking_is_told_with_an_example(words: str) -> None:
    (sheet,) = sheets(THREE, "ann")
    with pytest.raises(InputError, match="each of a, b, c once, best first, as in 'c b=a'"):
        ranked(sheet, words, "ann")


@given(st.permutations(["a", "b", "c"]), st.lists(st.sampled_from(" ="), min_size=2, max_size=2))
def test_the_mean_standing_is_always_a_half(order: list[str], between: list[str]) -> None:
    (sheet,) = sheets(THREE, "ann")
    words = order[0] + between[0] + order[1] + between[1] + order[2]
    assert sum(ranked(sheet, words, "ann").standings) == pytest.approx(1.5)


def test_people_and_judge_agree_as_kendall_has_it() -> None:
    def by(**worth: float) -> Ranking:
        return Ranking("ann", "late", 0, "q", tuple(worth), tuple(worth.values()))

    # the judge: sft, base, dpo; one of three pairs is the other way round: (2 - 1) / 3
    assert agreement([by(sft=1, base=0.5, dpo=0)], THREE) == [1]
    assert agreement([by(sft=0, base=0.5, dpo=1)], THREE) == [-1]
    assert agreement([by(base=1, sft=0.5, dpo=0)], THREE) == [pytest.approx(1 / 3)]
    assert agreement([by(sft=0.5, base=0.5, dpo=0.5)], THREE) == []


def test_each_raters_ranking_is_an_item() -> None:
    rankings = [Ranking(who, "late", 0, "q", ("sft", "dpo"), (1, 0)) for who in ("ann", "ben")]
    assert len({one.item for one in points(rankings)}) == 2
    assert [one.value for one in points(rankings)] == [1, 0, 1, 0]
