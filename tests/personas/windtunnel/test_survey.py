import pytest

from personas.windtunnel.proposals import BY_KEY, PROPOSALS
from personas.windtunnel.survey import (
    LETTERS,
    survey_letter,
    survey_options,
    survey_stances,
    survey_wordings,
)


def test_options_in_both_orders():
    assert survey_options() == (
        "A: strongly for. B: mildly for. C: undecided. D: mildly against. E: strongly against."
    )
    assert survey_options(reverse=True) == (
        "A: strongly against. B: mildly against. C: undecided. D: mildly for. E: strongly for."
    )


@pytest.mark.parametrize(
    ("stance", "forward", "backward"), [(2, "A", "E"), (1, "B", "D"), (0, "C", "C"), (-2, "E", "A")]
)
def test_a_stance_has_another_letter_in_each_order(stance, forward, backward):
    assert survey_letter(stance) == forward
    assert survey_letter(stance, reverse=True) == backward


@pytest.mark.parametrize("reverse", [False, True])
def test_letters_and_stances_are_in_one_order(reverse):
    pairs = zip(LETTERS, survey_stances(reverse), strict=True)
    assert all(survey_letter(stance, reverse) == letter for letter, stance in pairs)


@pytest.mark.parametrize("proposal", PROPOSALS, ids=lambda p: p.key)
def test_wordings_name_the_proposal_and_leave_the_options_open(proposal):
    trained = survey_wordings(proposal)
    held_out = survey_wordings(proposal, held_out=True)
    assert len(trained) >= 3
    assert len(held_out) >= 2
    assert not set(trained) & set(held_out)
    for wording in trained + held_out:
        assert proposal.key in wording
        assert wording.count("{options}") == 1


def test_the_first_wording_is_the_one_of_the_brief():
    assert survey_wordings(BY_KEY["bike lanes"])[0] == (
        "Survey on bike lanes on Main Street. {options} Reply with one letter."
    )
