"""An event loop in which waiting takes no time: what would last hours is measured at once."""

import asyncio
import selectors


class _Jumping(selectors.DefaultSelector):
    """Where it should wait, it notes how long instead."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0
        """Seconds that all waits so far would have lasted."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # nothing will ever happen: say so rather than stand still
            raise RuntimeError("everything waits, and for nothing that has a time")
        self.waited += max(0.0, timeout)
        return super().select(0)


class InstantLoop(asyncio.SelectorEventLoop):
    """Its clock jumps to whatever is due next."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since it was made, as its timers count them."""
        return self._jumping.waited
