"""What a model in training acts in: the agent's own tools, through the host's record as in a session.

`train` declares what it needs (`train.rl.environment`), the command in `tui` lays these over it. `inprocess` is fast
and takes single calls; `kernels` runs them in real kernels, through the broker, `programs` whole programs.
"""

from agent.environments.base import MadeCall, Reply, Turns
from agent.environments.inprocess import InProcessTurns
from agent.environments.kernels import KernelTurns
from agent.environments.programs import Ended, KernelPrograms, Programs

__all__ = ["Ended", "InProcessTurns", "KernelPrograms", "KernelTurns", "MadeCall", "Programs", "Reply", "Turns"]
