"""Who they are: personas, their material, the tuning that makes them, and the seam to a model."""
