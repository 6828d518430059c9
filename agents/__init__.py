"""Who takes part: an agent wears a persona, remembers, and speaks through an engine."""
