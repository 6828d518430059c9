"""Who sits in the room: the people of the library, as many as asked for."""

from agents.agent import Agent, seat
from personas.errors import InputError
from personas.persona import library


def townspeople(count: int) -> tuple[Agent, ...]:
    """The library's personas, each a LoRA adapter.

    First everybody as they are today; then the same people as they were in an earlier stage of
    their lives, with an adapter of its own. Larger groups seat both again under numbered labels.

    Args:
        count: How many; keys and labels are unique whatever the number.

    Raises:
        InputError: The count is below 1, or a persona has no adapter.
    """
    if count < 1:
        raise InputError(f"agents must be at least 1, got {count}")
    today = [seat(name) for name in library()]
    earlier = [
        seat(f"{agent.key}@{stage.name}")
        for agent in today
        if agent.persona
        for stage in agent.persona.stages[:-1]
    ]
    everybody = today + earlier
    return tuple(
        _numbered(everybody[place % len(everybody)], place // len(everybody) + 1)
        for place in range(count)
    )


def _numbered(agent: Agent, number: int) -> Agent:
    if number == 1:
        return agent
    key, label = f"{agent.key}-{number}", f"{agent.label} {number}"
    return Agent(key, label, agent.persona, agent.stage, agent.voice)
