import re

import pytest

from personas.errors import InputError
from personas.windtunnel.proposals import BY_KEY, IDEAS, PROPOSALS, REASONS
from personas.windtunnel.town import (
    STANCE_LABELS,
    STANCE_OF_LABEL,
    Proposal,
    Reason,
    capital,
    clamp,
    sign,
)


def test_the_town_argues_about_twelve_things_with_twelve_reasons_a_side():
    assert len(PROPOSALS) == len(BY_KEY) == 12
    assert {(len(p.pro), len(p.con), len(p.ideas)) for p in PROPOSALS} == {(12, 12, 4)}


def test_every_clause_belongs_to_one_proposal_and_one_side():
    # 12 proposals, 2 sides, 12 reasons, none twice; 12 proposals, 4 ideas.
    assert len(REASONS) == 288
    assert len(IDEAS) == 48
    assert REASONS["riders would be safe from the trucks"] == Reason(
        "bike lanes", 1, "riders would be safe from the trucks"
    )
    assert REASONS["almost nobody rides in the rain"].side == -1


@pytest.mark.parametrize("clause", [*REASONS, *IDEAS])
def test_a_clause_fits_into_any_carrier(clause):
    assert re.fullmatch(r"[A-Za-z][A-Za-z '-]*", clause), "no punctuation that could end a sentence"
    assert len(clause.split()) <= 11
    assert clause[0].islower() or clause.startswith("Main Street")


def test_the_scale_reads_both_ways():
    assert STANCE_LABELS[2] == "strongly for"
    assert STANCE_OF_LABEL["mildly against"] == -1
    assert [sign(stance) for stance in (-2, -1, 0, 1, 2)] == [-1, -1, 0, 1, 1]
    assert [clamp(3), clamp(-2, 1), clamp(1, 1)] == [2, -1, 1]
    assert capital("a dog") == "A dog"


def test_a_proposal_must_name_its_key_everywhere():
    with pytest.raises(InputError, match="noun of proposal 'zoo' must contain its key"):
        Proposal("zoo", "a park", "build a zoo", "building a zoo")


def test_a_proposal_needs_twelve_reasons_a_side():
    with pytest.raises(InputError, match=r"con of proposal 'zoo' must hold at least 12 .* got 1"):
        Proposal("zoo", "a zoo", "build a zoo", "building a zoo", con=("it smells",))
