"""Randomness by name, which every floor uses: see `personas.chance`."""

from personas.chance import seed_for, uniform

__all__ = ["seed_for", "uniform"]
