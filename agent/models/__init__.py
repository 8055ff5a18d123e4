"""Language models behind one seam, `agent.models.base.Model`."""
