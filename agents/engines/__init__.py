"""The models that voice the agents, behind one seam (`personas.model.Model`)."""
