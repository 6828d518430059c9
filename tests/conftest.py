"""What holds for all tests."""

import signal
import threading

from hypothesis import settings


def pytest_configure() -> None:
    """Ctrl-C works, in this process and in those that it starts.

    Where the tests were begun in the background of a shell it is ignored, and whoever tests it
    would wait for ever. And no example has a deadline: a busy machine is no defect.
    """
    settings.register_profile("any machine", deadline=None)
    settings.load_profile("any machine")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
