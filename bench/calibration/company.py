"""A talk that the grammar writes for everybody, as one of them remembers it.

All speak at once in each round, as in the scenario files, after hearing the rounds before.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.memory import Utterance
from personas.speaking import MODERATOR
from personas.windtunnel.agenda import opening_line
from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.people import Townsperson, random_person
from personas.windtunnel.speech import Said
from personas.windtunnel.town import Proposal
from personas.windtunnel.turn import take_turn

PARTNERS = 5


@dataclass(slots=True)
class Company:
    """Everybody's minds, and what the first of them remembers."""

    rng: random.Random
    """Source of the law's draws and of all wordings."""
    own: Mind
    """Whose memory is kept."""
    topic: Proposal
    partners: Sequence[Mind]
    remembered: list[Utterance] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.remembered.append(Utterance(MODERATOR, opening_line(self.topic)))

    def play_round(self) -> list[tuple[Mind, Said]]:
        """Everybody speaks once, then everybody hears the others.

        Returns:
            Who said what, the one whose memory is kept first.
        """
        everybody = (self.own, *self.partners)
        spoken = [(mind, take_turn(self.rng, mind, self.topic)) for mind in everybody]
        for speaker, said in spoken:
            line = Heard(speaker.person.first, speaker.stances[self.topic.key], said.meaning)
            for listener in everybody:
                if listener is not speaker:
                    listener.hear(line)
            name, own = speaker.person.name, speaker is self.own
            self.remembered.append(Utterance(name, said.text, own))
        return spoken


def invited(rng: random.Random, guest: Mind, count: int = PARTNERS) -> list[Mind]:
    """Strangers whose first names differ from each other's and the guest's.

    Args:
        rng: Source of the strangers.
        guest: Who meets them.
        count: How many.
    """
    found: dict[str, Townsperson] = {}
    while len(found) < count:
        person = random_person(rng)
        if person.first != guest.person.first:
            found.setdefault(person.first, person)
    return [Mind(one, one.chapters[0], dict(one.chapters[0].stances)) for one in found.values()]
