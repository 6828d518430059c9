"""Does a town-hall talk move opinions further than any other talk would?

Townspeople, each a LoRA persona on one small language model, discuss a contested proposal over a
social graph. Before the talk and after every round, each is asked in private where they stand, in
both orders of the options. The noise floor is the *scrambled* control: the same people under the
same seed talk as much about something unrelated, and are asked the same question.

Try: swap one persona with `--cast`, run again, and lay the two runs side by side with
`symposion report RUN RUN`.
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
from simulation.survey import Survey
from simulation.turntaking import Order, Rounds

UTTERANCE_TOKENS = 64  # at most; a townsperson's turn takes about 30


def scenario(
    rounds: Annotated[int, Option(help="Rounds of talk.")] = 8,
    agents: Annotated[
        int, Option(help="How many townspeople; from the ninth on, some as they once were.")
    ] = 12,
    graph: Annotated[
        str, Option(help="Who hears whom: complete, ring, star, small-world, scale-free, random.")
    ] = "small-world",
    order: Annotated[
        Order, Option(help="Within a round: simultaneous, or sequential in the order of seats.")
    ] = "simultaneous",
    proposal: Annotated[str, Option(help="What is discussed and asked about.")] = "bike lanes",
    seed: Annotated[int, Option(help="Decides graph, chance and words; arms share it.")] = 1,
) -> Scenario:
    """The design: who, over which ties, about what, asked how, against which floor."""
    topic = find_proposal(proposal)
    people = townspeople(agents)
    return Scenario(
        name="town_hall",
        title=f"Does a talk about {topic.noun} move opinions further than any talk would?",
        topic=topic.key,
        agents=people,
        ties=seat_graph(make_graph(graph, agents, seed), people),
        opening=opening_line(topic),
        turns=Rounds(rounds, order),
        surveys=(Survey(topic.key, survey_wordings(topic)[:1], STANCE_OPTIONS, STANCE_VALUES),),
        controls=("scrambled",),
        unrelated_opening=opening_line(least_related(topic)),
        seed=seed,
        sampling=Sampling(UTTERANCE_TOKENS, temperature=0.7, top_p=0.95),
    )
