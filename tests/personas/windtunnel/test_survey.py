import pytest

from personas.windtunnel.agenda import STANCE_OPTIONS, STANCE_VALUES
from personas.windtunnel.proposals import BY_KEY, PROPOSALS
from personas.windtunnel.survey import (
    LETTERS,
    survey_letter,
    survey_options,
    survey_wordings,
)
from personas.windtunnel.town import STANCE_LABELS
from simulation.survey import Survey


def test_options_in_both_orders():
    assert survey_options() == (
        "A: strongly for. B: mildly for. C: undecided. D: mildly against. E: strongly against."
    )
    assert survey_options(reverse=True) == (
        "A: strongly against. B: mildly against. C: undecided. D: mildly for. E: strongly for."
    )


@pytest.mark.parametrize(
    ("stance", "forward", "reverse"),
    [(2, "A", "E"), (1, "B", "D"), (0, "C", "C"), (-1, "D", "B"), (-2, "E", "A")],
)
def test_letters_are_dealt_anew_in_each_order(stance, forward, reverse):
    assert survey_letter(stance) == forward
    assert survey_letter(stance, reverse=True) == reverse
    assert f"{forward}: {STANCE_LABELS[stance]}." in survey_options()
    assert f"{reverse}: {STANCE_LABELS[stance]}." in survey_options(reverse=True)


def test_the_simulation_asks_with_the_words_of_the_corpus():
    wordings = survey_wordings(BY_KEY["bike lanes"])
    survey = Survey("x", wordings, STANCE_OPTIONS, STANCE_VALUES)
    assert survey.letters == LETTERS
    for order, reverse in (("forward", False), ("reverse", True)):
        expected = wordings[0].replace("{options}", survey_options(reverse))
        assert survey.line(0, order).text == expected


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
