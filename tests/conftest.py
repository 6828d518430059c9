"""What holds for all tests."""

import os
import signal
import threading

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # There is a worker for every core: a second thread would wait for the others' and burn the time
    # meanwhile (ten times as much for the smallest networks). Read when numpy and torch are loaded.
    for libraries in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(libraries, "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Each file to one worker: what its tests share is made once, not once a worker.

    In their own order: by the number of tests, the longest ones would come last, alone.
    """
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


def pytest_configure() -> None:
    """Ctrl-C works, in this process and in those that it starts.

    Where the tests were begun in the background of a shell it is ignored, and whoever tests it
    would wait for ever. And no example has a deadline: a busy machine is no defect.
    """
    settings.register_profile("any machine", deadline=None)
    settings.load_profile("any machine")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
