"""`symposion chat PERSONA`: talk with a persona, or with two, and rate what they say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from agents.engines.catalogue import WIND_TUNNEL
from experiments.commands.chat_screen import Screen
from experiments.commands.chat_session import Setting, command_line, rate_another, talk
from experiments.commands.choices import EngineName, ModelFolder, Servers, rooted_cast
from experiments.commands.console import clear_errors
from personas.errors import InputError

SPEAKING = "Speaking"  # a panel of the help


Value = TypeVar("Value")


def chat(
    persona: Annotated[
        str | None,
        typer.Argument(
            help="Whom to talk with: a name from `symposion persona list` or a folder, with "
            "@STAGE for a part of that life; prompt:PERSONA prompts it; base is the bare model; "
            "the folder of any LoRA adapter is worn as it is.",
            metavar="PERSONA[@STAGE]",
            show_default=False,
        ),
    ] = None,
    with_: Annotated[
        str | None, typer.Option("--with", help="A second one, side by side.", metavar="PERSONA")
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Show the two as A and B until the talk has ended.")
    ] = False,
    rate: Annotated[
        Path | None,
        typer.Option(help="Rate the answers in another's chat instead of talking.", metavar="CHAT"),
    ] = None,
    rater: Annotated[
        str | None, typer.Option(help="Who rates.", show_default="asked at a terminal")
    ] = None,
    ratings: Annotated[
        bool, typer.Option(help="Ask for a rating after every answer; /rate works in any case.")
    ] = True,
    engine: EngineName = "embedded",
    model: ModelFolder = WIND_TUNNEL,
    server: Servers = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(help="Longest answer.", show_default="64", rich_help_panel=SPEAKING),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="0 is greedy.", show_default="0.7", rich_help_panel=SPEAKING),
    ] = None,
    heard_as: Annotated[
        str | None,
        typer.Option(
            help="Your name to the personas.", show_default="Moderator", rich_help_panel=SPEAKING
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Of answers, letters and places.", show_default="drawn", rich_help_panel=SPEAKING
        ),
    ] = None,
    out_: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder of the record. The same command goes on with what is there."
        ),
    ] = None,
) -> None:
    """Talks with a persona, or with two side by side; type /help there."""
    with clear_errors(resume=f"`{command_line()}` goes on."):
        screen = Screen()
        if rate is not None:
            if persona or with_ or blind:
                raise InputError("rate takes personas and blindness from the other's chat: leave "
                                 "PERSONA, --with and --blind out")  # fmt: skip
            rate_another(rate, rater, seed, out_, screen)
            return
        cast = tuple(rooted_cast(word) for word in (persona, with_) if word)
        told = {
            "cast": cast or None, "blind": blind or None, "rater": rater, "seed": seed,
            "heard_as": heard_as,
        }  # fmt: skip
        drawn = {"max_tokens": max_tokens, "temperature": temperature}
        setting = Setting(engine, model, tuple(server or ()))
        talk(out_, _known(told), _known(drawn), setting, screen, rating=ratings)


def _known(told: Mapping[str, Value | None]) -> dict[str, Value]:
    """What the command says; the rest is as recorded, or as usual."""
    return {name: value for name, value in told.items() if value is not None}
