"""Failures of our machinery in `train`; `hint` is one sentence that says what to do.

TrainError
├── ConfigError        a configuration's file, key or value is wrong
├── DataError          a dataset is missing, empty or not readable
├── ModelFolderError   the model to start from, or a run's model, cannot be used
├── EndpointError      an endpoint that is evaluated refuses, is away, or is none
├── RunError           a run folder is in use, is no run, or belongs to another configuration
├── RunStopped         training went wrong and was stopped: the KL exploded, the reward was gamed
├── NotEnoughMemory    foreseen before the first step, or met during one; the hint names the settings to lower
├── Unsupported        this machine or an installed package cannot do what was asked (QLoRA without a GPU)
└── Refused            a rule says no: a run that is worse is not promoted
"""

from __future__ import annotations


class TrainError(Exception):
    """Base of all."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(TrainError):
    """A configuration is wrong."""


class DataError(TrainError):
    """A dataset cannot be used."""


class ModelFolderError(TrainError):
    """A model's folder cannot be used."""


class EndpointError(TrainError):
    """An endpoint cannot be evaluated."""


class RunError(TrainError):
    """A run's folder cannot be used."""


class RunStopped(TrainError):
    """Training went wrong; going on would make the model worse."""


class NotEnoughMemory(TrainError):
    """The model does not fit while it is trained."""


class Unsupported(TrainError):
    """Not possible on this machine."""


class Refused(TrainError):
    """A rule of ours says no."""
