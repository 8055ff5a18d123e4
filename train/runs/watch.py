"""What surrounds any run: its end is in its status, and what libraries warn of is in its log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from train.errors import TrainError
from train.runs.folder import RunFolder


@contextmanager
def status_of(run: RunFolder) -> Iterator[None]:
    """Whatever ends the run is in its status: a panel that looks later must not believe that it is still going."""
    try:
        yield
    except KeyboardInterrupt:
        run.status("interrupted", message="stopped at once; it goes on from its last checkpoint")
        raise
    except TrainError as error:
        run.status("failed", message=f"{error} {error.hint}".strip())
        run.log(f"failed: {error} {error.hint}")
        raise
    except BaseException as error:  # recorded and raised again: a bug of ours must be seen, also in the run folder
        run.status("failed", message=f"{type(error).__name__}: {error}")
        run.log(f"failed: {type(error).__name__}: {error}")
        raise


class _RunLog(logging.Handler):
    def __init__(self, run: RunFolder) -> None:
        super().__init__(logging.WARNING)
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        self._run.log(f"{record.name}: {record.getMessage()}")


@contextmanager
def libraries_log_to(run: RunFolder) -> Iterator[None]:
    """Warnings of the libraries go into log.txt, not into the middle of the bar."""
    import transformers

    transformers.utils.logging.disable_progress_bar()
    logging.captureWarnings(True)
    handler = _RunLog(run)
    loggers = [logging.getLogger(name) for name in ("transformers", "trl", "accelerate", "peft", "py.warnings")]
    before = [(logger.propagate, logger.handlers[:]) for logger in loggers]
    for logger in loggers:
        logger.propagate, logger.handlers = False, [handler]
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for logger, (propagate, handlers) in zip(loggers, before, strict=True):
            logger.propagate, logger.handlers = propagate, handlers
