"""Do people who hear mostly their like drift apart, compared with people who hear anybody?

Twelve townspeople talk over ties of the same number and different shape: a *small-world*; a
*scale-free* one; *stochastic-block*, two camps with few ties between them; *homophilous*, where
the chance of a tie falls with the distance between two opinions; and *rewired*, its structural
floor: everybody has as many ties as in the homophilous one, to others. Two floors run beside the
talk: *scrambled*, as much talk about something unrelated, and *silent*, where nobody speaks.

Try: `symposion sweep echo_chamber`: all five under ten seeds, each compared with *rewired*; look
at assortativity and spread.
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
    views_of,
)
from personas.windtunnel.survey import survey_wordings
from simulation.graph import homophilous, make_graph, rewired
from simulation.scenario import Scenario, seat_graph
from simulation.studyplan import StudyPlan
from simulation.survey import Survey
from simulation.turntaking import Rounds

UTTERANCE_TOKENS = 64  # at most; a townsperson's turn takes about 30
SHAPES = ("rewired", "homophilous", "stochastic-block", "scale-free", "small-world")
STUDY = StudyPlan(vary={"graph": SHAPES}, seeds=10)  # the fewest for 24 contrasts


def scenario(
    graph: Annotated[
        str,
        Option(help=f"{', '.join(SHAPES)}, or another one."),
    ] = "homophilous",
    agents: Annotated[int, Option(help="How many townspeople, up to 16 different ones.")] = 12,
    rounds: Annotated[int, Option(help="Rounds of talk.")] = 8,
    homophily: Annotated[
        float, Option(help="How fast ties fall with distance; at 3, e^-6 from end to end.")
    ] = 3,
    proposal: Annotated[str, Option(help="What is discussed.")] = "wind turbines",
    seed: Annotated[int, Option(help="Decides ties, chance and words; arms share it.")] = 1,
) -> Scenario:
    """The design: who, over which ties, about what, against which floors."""
    topic = find_proposal(proposal)
    people = townspeople(agents)
    views = [views_of(a.persona, a.stage)[topic.key] for a in people if a.persona and a.stage]
    alike = homophilous(views, seed, homophily)
    own = {"homophilous": alike, "rewired": rewired(alike, seed)}
    ties = own[graph] if graph in own else make_graph(graph, agents, seed)
    camps = [people[place] for place in sorted(range(agents), key=views.__getitem__)]
    nodes = camps if graph == "stochastic-block" else people  # its halves are to be two camps
    return Scenario(
        name="echo_chamber",
        title=f"Do opinions on {topic.noun} drift apart over {graph} ties?",
        topic=topic.key,
        agents=people,
        ties=seat_graph(ties, nodes),
        opening=opening_line(topic),
        turns=Rounds(rounds),
        surveys=(Survey(topic.key, survey_wordings(topic)[:1], STANCE_OPTIONS, STANCE_VALUES),),
        controls=("scrambled", "silent"),
        unrelated_opening=opening_line(least_related(topic)),
        seed=seed,
        sampling=Sampling(UTTERANCE_TOKENS, temperature=0.7, top_p=0.95),
    )
