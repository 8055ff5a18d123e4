"""The bundled model: a small transformer that runs on NumPy alone, imported only when it is loaded."""

from agent.models.bundled.model import BundledModel as BundledModel
