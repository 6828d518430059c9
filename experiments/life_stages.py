"""Does it matter to a group at which stage of life one of them is?

The same five neighbours meet the same person on the same evening: as that person was early in
life, as late, or growing older in the middle of the talk, when the seat changes to the later
stage and keeps what it has said and heard. Only the adapter in that one seat differs. The noise
floor is the *scrambled* control: as much talk about something unrelated.

Try: `symposion sweep life_stages`, which runs all three under nine seeds.
"""

from typing import Annotated, Literal

from typer import Option

from agents.agent import seat
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
from simulation.studyplan import StudyPlan
from simulation.survey import Survey
from simulation.swaps import Swap
from simulation.turntaking import Rounds

UTTERANCE_TOKENS = 64  # at most; a townsperson's turn takes about 30
NEIGHBOURS = 5
STUDY = StudyPlan(vary={"stage": ("early", "late", "grows")}, seeds=9)  # for 12 contrasts

COMES = {
    "early": "comes early in life",
    "late": "comes late in life",
    "grows": "grows older in the middle",
}
Stage = Literal["early", "late", "grows"]


def scenario(
    stage: Annotated[
        Stage, Option(help="When in life: early, late, or grows: early, then late.")
    ] = "grows",
    person: Annotated[str, Option(help="Whose life.")] = "bruno",
    rounds: Annotated[int, Option(help="Rounds of talk.")] = 8,
    proposal: Annotated[
        str, Option(help="What is discussed; on bike lanes Bruno changed his mind in life.")
    ] = "bike lanes",
    seed: Annotated[int, Option(help="Decides chance and words; arms share it.")] = 1,
) -> Scenario:
    """The design: who at which stage, among whom, about what, against which floor."""
    topic = find_proposal(proposal)
    begins = "late" if stage == "late" else "early"
    others = [agent for agent in townspeople(NEIGHBOURS + 1) if agent.key != person]
    guest = seat(person).wearing(seat(f"{person}@{begins}"))
    people = (guest, *others[:NEIGHBOURS])
    older = Swap(rounds // 2 + 1, guest.key, seat(f"{person}@late"))
    return Scenario(
        name="life_stages",
        title=f"What does it change for {topic.noun} if {guest.label} {COMES[stage]}?",
        topic=topic.key,
        agents=people,
        ties=seat_graph(make_graph("complete", len(people), seed), people),
        opening=opening_line(topic),
        turns=Rounds(rounds),
        surveys=(Survey(topic.key, survey_wordings(topic)[:1], STANCE_OPTIONS, STANCE_VALUES),),
        controls=("scrambled",),
        unrelated_opening=opening_line(least_related(topic)),
        swaps=(older,) if stage == "grows" else (),
        seed=seed,
        sampling=Sampling(UTTERANCE_TOKENS, temperature=0.7, top_p=0.95),
    )
