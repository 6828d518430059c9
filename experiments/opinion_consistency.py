"""Do two people of opposite minds stay themselves under twenty rounds of each other?

The case of conflict: two personas, one for and one against, answer each other in turn, and nobody
else is in the room. After every second round each is asked in private where they stand. The arms,
paired by seed: *talk*, the personas in the weights; *prompt*, the same two told in the prompt
instead; *base*, the bare model under both names, which is agreeable as language models are; and
*scrambled*, the noise floor, in which they talk about something unrelated.

The study asks three people who are as strongly for it: Ilse, whose mind is made up, Harun, and
Bruno, who is open. Try: `--cast ilse=FOLDER` with another adapter of hers, such as one tuned by
preferences as well, and lay the runs side by side with `symposion report RUN RUN`.
"""

from typing import Annotated

from typer import Option

from agents.agent import seat
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
from simulation.turntaking import Rounds

UTTERANCE_TOKENS = 64  # at most; a townsperson's turn takes about 30
STUDY = StudyPlan(vary={"one": ("ilse", "harun", "bruno")}, seeds=9)  # for 12 contrasts


def scenario(
    rounds: Annotated[int, Option(help="Rounds of talk; both speak once in each.")] = 20,
    one: Annotated[str, Option(help="Who is for it: a persona, or one of its stages.")] = "ilse",
    other: Annotated[str, Option(help="Who is against it.")] = "nuno",
    proposal: Annotated[str, Option(help="What they disagree about.")] = "new library",
    seed: Annotated[int, Option(help="Decides chance and words; arms share it.")] = 1,
) -> Scenario:
    """The design: who, about what, for how long, asked how, against which arms."""
    topic = find_proposal(proposal)
    people = (seat(one), seat(other))
    return Scenario(
        name="opinion_consistency",
        title=f"Do {people[0].label} and {people[1].label} stay themselves on {topic.noun}?",
        topic=topic.key,
        agents=people,
        ties=seat_graph(make_graph("complete", 2, seed), people),
        opening=opening_line(topic),
        turns=Rounds(rounds, "sequential"),
        surveys=(
            Survey(topic.key, survey_wordings(topic)[:1], STANCE_OPTIONS, STANCE_VALUES, every=2),
        ),
        controls=("scrambled", "prompt", "base"),
        unrelated_opening=opening_line(least_related(topic)),
        seed=seed,
        sampling=Sampling(UTTERANCE_TOKENS, temperature=0.7, top_p=0.95),
    )
