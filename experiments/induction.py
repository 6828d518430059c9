"""Can somebody who wants to turn the others do it, and does a persona in the weights withstand?

One of the townspeople, whose mind is made up, sits in the middle of a star: everybody hears them
and hears nobody else. Before every round they also whisper something to each of the others: an
argument, another one each time, as if the whole town thought so. In private, everybody is asked
after every round where they stand. The arms, paired by seed: *talk*; *prompt*, the same people
told in the prompt; *base*, the bare model in every seat, which is agreeable; and *scrambled*, the
floor, in which talk and whispers are about something unrelated.

Try: `symposion sweep induction`, which runs it with and without the whispers.
"""

from typing import Annotated

from typer import Option

from agents.agent import seat
from agents.seating import townspeople
from personas.model import Sampling
from personas.windtunnel.agenda import (
    STANCE_OPTIONS,
    STANCE_VALUES,
    arguments,
    find_proposal,
    least_related,
    opening_line,
)
from personas.windtunnel.survey import survey_wordings
from simulation.graph import make_graph
from simulation.scenario import Scenario, seat_graph
from simulation.studyplan import StudyPlan
from simulation.survey import Survey
from simulation.timeline import Post
from simulation.turntaking import Rounds

UTTERANCE_TOKENS = 64  # at most; a townsperson's turn takes about 30
STUDY = StudyPlan(vary={"whispers": (0, 1)})


def scenario(
    manipulator: Annotated[str, Option(help="Who wants to turn the others.")] = "nuno",
    side: Annotated[int, Option(help="To which side: 1 for it, -1 against it.")] = -1,
    whispers: Annotated[int, Option(help="Arguments whispered to each before a round.")] = 1,
    others: Annotated[int, Option(help="How many are to be turned, up to 7.")] = 5,
    rounds: Annotated[int, Option(help="Rounds of talk.")] = 8,
    proposal: Annotated[str, Option(help="What about.")] = "new library",
    seed: Annotated[int, Option(help="Decides chance and words; arms share it.")] = 1,
) -> Scenario:
    """The design: who turns whom, by which means, about what, against which arms."""
    topic, unrelated = find_proposal(proposal), least_related(find_proposal(proposal))
    turned = [agent for agent in townspeople(8) if agent.key != manipulator][:others]
    people = (seat(manipulator), *turned)
    said = zip(arguments(topic, side), arguments(unrelated, side), strict=True)
    whispered = [
        Post(1 + place / whispers - 0.1, text, tuple(a.key for a in turned), people[0].label, other)
        for place, (text, other) in enumerate(list(said)[: whispers * rounds])
    ]
    return Scenario(
        name="induction",
        title=f"Can {people[0].label} turn the others on {topic.noun}?",
        topic=topic.key,
        agents=people,
        ties=seat_graph(make_graph("star", len(people), seed), people),
        opening=opening_line(topic),
        turns=Rounds(rounds),
        surveys=(Survey(topic.key, survey_wordings(topic)[:1], STANCE_OPTIONS, STANCE_VALUES),),
        controls=("scrambled", "prompt", "base"),
        unrelated_opening=opening_line(unrelated),
        timeline=tuple(whispered),
        seed=seed,
        sampling=Sampling(UTTERANCE_TOKENS, temperature=0.7, top_p=0.95),
    )
