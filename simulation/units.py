"""Virtual time in words, in a scenario's own unit."""


def stretch(time: float, unit: str) -> str:
    """A stretch of virtual time: ``1 round``, ``3 rounds``, ``2.5 hours``."""
    return f"{time:g} {unit.removesuffix('s') if time == 1 else unit}"


def point(time: float, unit: str) -> str:
    """A point in virtual time: ``round 3``, or ``2.5 hours``."""
    return f"round {int(time)}" if unit == "rounds" else stretch(round(time, 2), unit)
