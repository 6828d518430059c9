"""Options that several commands share: one parameter of a command stands for all of them."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

T = TypeVar("T")


def gathered(**makers: Callable[..., object]) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Puts the options of a maker in the place of the parameter that it makes.

    Typer makes an option of every parameter that it finds in a command's signature. So the options
    of a parameter that is named here are declared once, in the maker's own signature. An option
    that was not handed over is as by default.

    Args:
        makers: By the name of the parameter: what makes its value of those options.
    """

    def decorate(command: Callable[..., T]) -> Callable[..., T]:
        shown = [
            one
            for name, parameter in inspect.signature(command).parameters.items()
            for one in (_parameters(makers[name]) if name in makers else [parameter])
        ]

        @wraps(command)
        def gather(*arguments: object, **options: object) -> T:
            for name, maker in makers.items():
                asked = {one.name for one in _parameters(maker)} & options.keys()
                options[name] = maker(**{key: options.pop(key) for key in asked})
            return command(*arguments, **options)

        gather.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        gather.__annotations__ = {one.name: one.annotation for one in shown}
        return gather

    return decorate


def _parameters(maker: Callable[..., object]) -> list[inspect.Parameter]:
    """All by keyword, so that they may stand anywhere among others."""
    own = inspect.signature(maker).parameters.values()
    return [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
