"""Tuning by the PersLLM method: supervised on a persona's data, then by preferences."""
