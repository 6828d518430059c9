"""Agents' option shares beside people's, as a report shows them."""

import numpy as np
import pandas as pd
import pytest

from personas.errors import InputError
from simulation.analysis.human import agent_shares
from simulation.page import designs, read
from simulation.sections import humans
from simulation.sections.section import Picture, Table
from simulation.sections.shares.figures import option_shares

from .worlds import HELD, LABELS, run_of

PEOPLE = {"ada": "Ada Lind", "bo": "Bo Reed"}
POLL = pd.DataFrame(
    {
        "question": "bike lanes",
        "group": "all",
        "option": [LABELS[0], LABELS[4]],
        "share": [0.5, 0.5],
    }
)


def section(human: pd.DataFrame | None):
    rng = np.random.default_rng(0)
    return humans.section(designs(read([run_of(HELD, PEOPLE, [])]), rng), human, rng)


def test_distances_before_and_after_by_hand() -> None:
    *_, table = section(POLL).parts[0].pieces
    assert isinstance(table, Table)
    cells = {(row[0].text, row[1].text): [cell.text for cell in row[2:]] for row in table.rows}
    # Before, Ada (-0.6) has 0.8 on -0.5 and 0.2 on -1, Bo (0.3) 0.6 on 0.5 and 0.4 on 0: means
    # 0, 0.3, 0.2, 0.4, 0.1 from for to against. People: 0.5, 0, 0, 0, 0.5. The work between
    # neighbours, 0.5 apart: |0.5| + |0.2| + |0| + |0.4| = 1.1, times 0.5.
    # After, Ada (0.6) has 0.2 on 1 and 0.8 on 0.5, Bo (0.1) 0.2 on 0.5 and 0.8 on 0: 0.1, 0.5, 0.4,
    # 0, 0. The work: |0.4| + |-0.1| + |-0.5| + |-0.5| = 1.5, times 0.5.
    work = cells["bike lanes: Wasserstein distance to humans", "talk"]
    assert work == ["0.55", "0.75"]
    # Half of 0.5 + 0.3 + 0.2 + 0.4 + 0.4, and of 0.4 + 0.5 + 0.4 + 0 + 0.5.
    assert cells["bike lanes: total variation from humans", "talk"] == ["0.90", "0.90"]


def test_a_picture_for_every_question_that_both_were_asked() -> None:
    pictures = [piece for piece in section(POLL).parts[0].pieces if isinstance(piece, Picture)]
    assert [picture.name for picture in pictures] == ["humans-1"]


def test_shares_are_drawn_where_they_are() -> None:
    asked = agent_shares(run_of(HELD, PEOPLE, []).surveys)
    people = POLL.set_index("option")["share"]
    axes = option_shares(asked[asked["arm"] == "talk"], people)
    drawn = {str(one.get_label()): one.get_offsets()[:, 0].tolist() for one in axes.collections[1:]}
    assert drawn["people"] == [0.5, 0, 0, 0, 0.5]
    assert drawn["agents before the talk"] == pytest.approx([0, 0.3, 0.2, 0.4, 0.1])
    assert drawn["after it"] == pytest.approx([0.1, 0.5, 0.4, 0, 0])


def test_without_people_there_is_no_section() -> None:
    assert section(None) is None


def test_a_table_about_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="no question of the human answers was asked"):
        section(POLL.assign(question="tea"))
