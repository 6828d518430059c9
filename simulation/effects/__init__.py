"""Pictures of effects: contrasts of arms, power, fitted susceptibilities and models."""
