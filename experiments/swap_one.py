"""What is one agent worth to a group: what would have become of the others without it?

Seven townspeople discuss a proposal over a scale-free graph, so some are heard by many. Then, for
each of them in turn, the run is branched: from a given round on, somebody who was not there sits
in that seat, and nothing else is different. What that cannot have touched is taken from the
record. Agents are ranked by how far the others end from where they ended, in excess of the same
under the *scrambled* control, in which the seat is swapped in a talk about something else.

The ranking stands in ``worth.csv`` and ``figures/worth.png`` of the run's folder, the branches in
its folder ``branches``: `symposion report RUN RUN/branches/ilse` lays one of them beside the run.
One seed ranks by luck: `symposion sweep swap_one` asks under nine who moves the others' mean.
"""

from typing import Annotated

from typer import Option

from agents.seating import townspeople
from personas.model import Sampling
from personas.windtunnel.agenda import (
    STANCE_OPTIONS,
    STANCE_VALUES,
    find_proposal,
    least_related,
    opening_line,
)
from personas.windtunnel.survey import survey_wordings
from simulation.graph import make_graph
from simulation.scenario import Scenario, seat_graph
from simulation.studyplan import AS_IT_IS, StudyPlan
from simulation.survey import Survey
from simulation.turntaking import Rounds

UTTERANCE_TOKENS = 64  # at most; a townsperson's turn takes about 30
STAND_IN = "wanda"  # the eighth of the townspeople, who is not in the room
FROM_ROUND = 1  # whoever stands in does so from this round on
SEATS = 7
STUDY = StudyPlan(
    vary={
        "swap": (AS_IT_IS, *(f"{FROM_ROUND} {a.key}={STAND_IN}" for a in townspeople(SEATS))),
    },
    seeds=9,  # of seven seats that are tested together, eight seeds could not find one
)


def scenario(
    rounds: Annotated[int, Option(help="Rounds of talk.")] = 4,
    agents: Annotated[int, Option(help="How many townspeople, up to 7.", max=SEATS)] = SEATS,
    graph: Annotated[str, Option(help="Who hears whom.")] = "scale-free",
    proposal: Annotated[str, Option(help="What is discussed and asked about.")] = "wind turbines",
    seed: Annotated[int, Option(help="Decides ties, chance and words.")] = 1,
) -> Scenario:
    """The design: who, over which ties, about what, asked how, against which floor."""
    topic = find_proposal(proposal)
    people = townspeople(agents)
    return Scenario(
        name="swap_one",
        title=f"Who matters to what the others think about {topic.noun}?",
        topic=topic.key,
        agents=people,
        ties=seat_graph(make_graph(graph, agents, seed), people),
        opening=opening_line(topic),
        turns=Rounds(rounds),
        surveys=(Survey(topic.key, survey_wordings(topic)[:1], STANCE_OPTIONS, STANCE_VALUES),),
        controls=("scrambled",),
        unrelated_opening=opening_line(least_related(topic)),
        seed=seed,
        sampling=Sampling(UTTERANCE_TOKENS, temperature=0.7, top_p=0.95),
    )


def branches(base: Scenario) -> dict[str, str]:
    """For each seat, the swap that puts somebody else there."""
    return {agent.key: f"{FROM_ROUND} {agent.key}={STAND_IN}" for agent in base.agents}
