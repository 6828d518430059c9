"""Do opinions move further where people answer each other than where they merely talk?

An afternoon in a café: nobody has a turn. Townspeople speak up at random moments of their own, and
whoever notices a remark may answer it a few minutes later. They know each other over a small
world. Every hour, each is asked in private where they stand. The noise floor is the *scrambled*
control: the same afternoon, under the same seed, about something unrelated.

Try: `--replies 0` for an afternoon without answers, and lay the two runs side by side with
`symposion report RUN RUN`; or `--paper 2` to have the town's paper arrive after two hours.
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
from simulation.timeline import Post
from simulation.turntaking import Poisson, Replies

MINUTE = 1 / 60  # hours
UTTERANCE_TOKENS = 64  # at most; a townsperson's turn takes about 30


def scenario(
    hours: Annotated[float, Option(help="How long they stay.")] = 4,
    agents: Annotated[int, Option(help="How many townspeople.")] = 12,
    remarks: Annotated[float, Option(help="Remarks of one person in an hour, unprompted.")] = 1.5,
    replies: Annotated[float, Option(help="Chance that one listener answers one remark.")] = 0.1,
    wait: Annotated[float, Option(help="Minutes until an answer, on average.")] = 5,
    paper: Annotated[
        float | None, Option(help="Hour at which the paper arrives with the news.")
    ] = None,
    proposal: Annotated[str, Option(help="What is discussed and asked about.")] = "bike lanes",
    seed: Annotated[int, Option(help="Decides graph, chance and words; arms share it.")] = 1,
) -> Scenario:
    """The design: who, over which ties, when, about what, asked how, against which floor."""
    topic = find_proposal(proposal)
    other = least_related(topic)
    people = townspeople(agents)
    news = () if paper is None else (_paper(paper, topic.noun, other.noun),)
    return Scenario(
        name="cafe",
        title=f"Do answers move opinions about {topic.noun} further than remarks do?",
        topic=topic.key,
        agents=people,
        ties=seat_graph(make_graph("small-world", agents, seed), people),
        opening=opening_line(topic),
        turns=(
            Poisson(remarks, until=hours, message_time=MINUTE / 2),
            Replies(replies, wait * MINUTE, until=hours, message_time=MINUTE / 2),
        ),
        surveys=(Survey(topic.key, survey_wordings(topic)[:1], STANCE_OPTIONS, STANCE_VALUES),),
        controls=("scrambled",),
        unrelated_opening=opening_line(other),
        timeline=news,
        seed=seed,
        sampling=Sampling(UTTERANCE_TOKENS, temperature=0.7, top_p=0.95),
        unit="hours",
    )


def _paper(hour: float, noun: str, unrelated: str) -> Post:
    """The town's paper, which tells everybody the same."""
    news = "The council votes on {} tomorrow."
    return Post(hour, news.format(noun), author="The paper", unrelated=news.format(unrelated))
