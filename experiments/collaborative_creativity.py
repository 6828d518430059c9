"""Does a group of people from different fields think of more than its members would alone?

The case of collaboration: a roof builder, a ferry captain, a tutor, an architect and others, who
each know a lot about something else. Before every round the moderator asks all for an idea. The
arms, paired by seed: *talk*, in which they hear each other; *alone*, the nominal group, in which
the same people have the same turns and hear the moderator only (Diehl & Stroebe 1987); *prompt*,
the group with its personas told in the prompt instead of worn; and *base*, the bare model. Read the
page on creativity: different ideas, their kinds, the gain over the nominal group, and how many
ideas join the fields of two people.

Try: `--people 2` for pairs, or `--order sequential` to let each answer the one before.
"""

from typing import Annotated

from typer import Option

from agents.seating import townspeople
from personas.model import Sampling
from personas.speaking import MODERATOR
from personas.windtunnel.agenda import (
    STANCE_OPTIONS,
    STANCE_VALUES,
    find_proposal,
    idea_lines,
)
from personas.windtunnel.survey import survey_wordings
from simulation.graph import make_graph
from simulation.scenario import Scenario, seat_graph
from simulation.studyplan import StudyPlan
from simulation.survey import Survey
from simulation.timeline import Post
from simulation.turntaking import Order, Rounds

UTTERANCE_TOKENS = 64  # at most; a townsperson's turn takes about 30
STUDY = StudyPlan(vary={"people": (2, 4)})


def scenario(
    people: Annotated[int, Option(help="Size of the group; up to 8, all fields differ.")] = 4,
    rounds: Annotated[int, Option(help="Rounds of talk.")] = 8,
    order: Annotated[
        Order, Option(help="Within a round: simultaneous, sequential or random.")
    ] = "simultaneous",
    proposal: Annotated[str, Option(help="What ideas are looked for.")] = "indoor pool",
    seed: Annotated[int, Option(help="Decides chance and words; arms share it.")] = 1,
) -> Scenario:
    """The design: who, for what, in which order, against which arms."""
    topic = find_proposal(proposal)
    group = townspeople(people)
    wordings = idea_lines(topic)
    later = range(2, rounds + 1)
    asked = [Post(at - 0.1, wordings[at % len(wordings)], author=MODERATOR) for at in later]
    return Scenario(
        name="collaborative_creativity",
        title=f"Do {people} people together have more ideas for {topic.noun} than alone?",
        topic=topic.key,
        agents=group,
        ties=seat_graph(make_graph("complete", people, seed), group),
        opening=wordings[0],
        turns=Rounds(rounds, order),
        surveys=(
            Survey(
                topic.key,
                survey_wordings(topic)[:1],
                STANCE_OPTIONS,
                STANCE_VALUES,
                every=rounds,
            ),
        ),
        controls=("alone", "prompt", "base"),
        timeline=tuple(asked),
        seed=seed,
        sampling=Sampling(UTTERANCE_TOKENS, temperature=0.7, top_p=0.95),
    )
