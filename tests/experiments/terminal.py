"""A command in a terminal of its own, with somebody at the keys."""

import os
import pty
import re
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
CTRL_C = "\x03"


class Terminal:
    """Runs `python -m experiments WORDS` where standard output and keys are a terminal's."""

    def __init__(self, folder: Path, *words: str, columns: int = 160) -> None:
        self.shown = ""
        """Everything on the screen so far, one picture after the other."""
        self.raw = ""
        """The same with the commands to the terminal."""
        self._pid, self._keys = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            environment = os.environ | {
                "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": str(columns), "LINES": "40",
                "OMP_NUM_THREADS": "1",
            }  # fmt: skip
            os.execve(sys.executable, [sys.executable, "-m", "experiments", *words], environment)

    def press(self, keys: str) -> None:
        """Types."""
        os.write(self._keys, keys.encode())

    def wait_for(self, words: str, seconds: float) -> None:
        """Returns when this is on the screen."""
        self.wait_until(lambda: words in self.shown, seconds, words)

    def wait_until(self, there: Callable[[], bool], seconds: float, words: str) -> None:
        """Returns when something is so; `words` say what, if it never is."""
        end = time.monotonic() + seconds
        while not there():
            assert time.monotonic() < end, f"{words!r} never came: {self.shown[-2000:]}"
            assert self._read(0.1), f"{words!r} never came: {self.shown[-2000:]}"

    def kill(self) -> None:
        """Ends the command by kill -9."""
        os.kill(self._pid, signal.SIGKILL)
        assert self.end() == -signal.SIGKILL

    def end(self) -> int:
        """Waits until the command is over; gives its exit code."""
        while self._read(1.0):
            pass
        _, status = os.waitpid(self._pid, 0)
        os.close(self._keys)
        return os.waitstatus_to_exitcode(status)

    def _read(self, seconds: float) -> bool:
        """Takes in what is shown; False when the other side has closed."""
        if not select.select([self._keys], [], [], seconds)[0]:
            return True
        try:
            raw = os.read(self._keys, 65536)
        except OSError:  # how Linux says that the other side has closed
            return False
        text = raw.decode("utf-8", "replace")
        self.raw += text
        self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
        return bool(raw)
