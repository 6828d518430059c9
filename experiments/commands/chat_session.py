"""One sitting with a chat: its record and its engine are opened, and closed whatever happens."""

import asyncio
import re
import secrets
import shlex
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from agents.agent import Agent, seat
from agents.engines.catalogue import WIND_TUNNEL, open_engine
from agents.fitting import check_adapters
from experiments.commands.bounds import USUAL
from experiments.commands.chat_screen import Screen
from experiments.commands.chat_shell import Shell, rate_again
from experiments.commands.choices import tell_unverified
from personas.adapter import Adapter
from personas.errors import InputError
from personas.identity import base_identity
from personas.model import Model, Sampling
from simulation.chat.conversation import Conversation
from simulation.chat.desk import Desk, read_chat
from simulation.chat.record import ChatRecord
from simulation.chat.rerating import copy_for_rating, spec_for_rating
from simulation.chat.spec import ChatSpec
from simulation.origin import packages

CHATS = Path("chats")
"""Where records lie, unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the words come from."""

    engine: str = "embedded"
    model: Path = WIND_TUNNEL
    servers: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """Identity of the base model; empty for a model without weights."""
        return "" if self.engine == "scripted" else base_identity(self.model)

    def agent(self, word: str) -> Agent:
        """An agent that fits the model.

        Raises:
            InputError: It does not, or there is none.
        """
        agent = seat(word, self.base or None)
        if self.base:
            check_adapters([agent], self.base, self.model)
        tell_unverified([agent])
        return agent

    def adapters(self, cast: tuple[str, ...]) -> list[Adapter]:
        """Those that may be worn without anybody new: of all stages of everybody."""
        found: dict[str, Adapter] = {}
        for word in cast:
            agent = self.agent(word)
            stages = agent.persona.stages if agent.persona else ()
            for adapter in (agent.adapter, *(stage.adapter for stage in stages)):
                if adapter and agent.voice == "lora":
                    found[adapter.fingerprint] = adapter
        return list(found.values())

    def as_json(self) -> dict[str, object]:
        """For the manifest; the model that ships is not named: it may move with the project."""
        model = None if self.model == WIND_TUNNEL else str(self.model.resolve())
        return {"engine": self.engine, "model": model, "servers": list(self.servers)}


def talk(
    folder: Path | None,
    given: Mapping[str, object],
    drawn: Mapping[str, float],
    setting: Setting,
    screen: Screen,
    *,
    rating: bool,
) -> None:
    """Begins a chat or goes on with it, until somebody leaves.

    Args:
        folder: The record's; None names it by whom one talks with.
        given: What the command says of a `ChatSpec`.
        drawn: What it says of a `Sampling`.
        setting: Where the words come from.
        screen: Reads and shows.
        rating: Whether ratings are asked for.

    Raises:
        InputError: The record is of another chat, or something cannot be as asked.
    """
    cast = given.get("cast")
    if folder is None:
        if not isinstance(cast, tuple):
            raise InputError("PERSONA is missing: whom to talk with, or --out of a chat to go on")
        folder = default_folder(cast, bool(given.get("blind")), str(given.get("rater", "")))
    if isinstance(cast, tuple):
        setting.adapters(cast)  # a wrong word leaves no record behind
    with ExitStack() as opened:
        record = ChatRecord(folder, {})
        opened.callback(record.close)
        desk = Desk(record)
        if desk.view.talks:
            spec = _recorded(record, given, drawn, folder)
            _refuse_other_model(record, setting)
        else:  # a record without a talk holds nothing yet
            spec = _new(given, drawn, screen, rating=rating)
            record.note(spec=spec.as_json(), command=command_line(), packages=packages())
        runner = opened.enter_context(asyncio.Runner())
        speaker = _opened(opened, runner, setting, spec, screen)
        if not desk.view.talks:
            record.note(model=speaker.identity.as_json(), choices=setting.as_json())
        conversation = Conversation(desk, speaker, setting.agent)
        _greet(folder, conversation, screen, rating=rating)
        goes_on = Shell(conversation, runner.run, screen, rating=rating).hold()
    _say_goodbye(screen, folder, goes_on)


def _opened(
    opened: ExitStack, runner: asyncio.Runner, setting: Setting, spec: ChatSpec, screen: Screen
) -> Model:
    """The engine, which outlives many waits for an answer."""
    if setting.engine in ("embedded", "vllm"):  # takes seconds: show that something happens
        screen.say(f"opening the {setting.engine} engine")
    bounds = USUAL if setting.engine == "server" else None
    adapters = setting.adapters(spec.cast)
    engine = open_engine(setting.engine, setting.model, setting.servers, adapters, bounds)
    runner.run(engine.__aenter__())
    opened.callback(lambda: runner.run(engine.__aexit__(None, None, None)))
    return engine


def rate_another(
    source: Path, rater: str | None, seed: int | None, folder: Path | None, screen: Screen
) -> None:
    """Rates the answers of another's chat, or goes on doing so.

    Args:
        source: The other's.
        rater: Who rates; None is asked for.
        seed: Draws letters and places of blind talks; None draws one.
        folder: Of the new record; None puts it beside the other.
        screen: Reads and shows.

    Raises:
        InputError: The same rater again, or no name, or nothing to rate.
    """
    manifest, view = read_chat(source)
    home = (source.parent if source.is_file() else source).resolve()
    name = rater if rater is not None else _ask_rater(screen)
    told = manifest.get("spec")
    assert isinstance(told, dict)
    if not name:
        raise InputError("rater must be named, for agreement is between raters: --rater NAME")
    if name == told["rater"]:
        raise InputError(f"rater {name!r} rated this chat already: give another --rater")
    record = ChatRecord(folder or home.with_name(f"{home.name}-{_plain(name)}"), {})
    try:
        desk = Desk(record)
        if not desk.view.talks:
            chosen = secrets.randbits(63) if seed is None else seed
            spec = spec_for_rating(manifest, home, name, chosen)
            record.note(spec=spec.as_json(), command=command_line(), packages=packages())
            copy_for_rating(record, view, chosen)
            desk = Desk(record)
        else:
            wanted = {"rater": name, "rates": str(home)}
            _spec_of(record).require(wanted, record.path.parent)
        screen.say(f"rating {source} into {record.path.parent}, as {name}")
        goes_on = rate_again(desk, screen)
    finally:
        record.close()
    _say_goodbye(screen, record.path.parent, goes_on)


def default_folder(cast: tuple[str, ...], blind: bool, rater: str) -> Path:
    """Where a chat's record lies: the same command finds it again."""
    words = [_plain(word) for word in cast]
    return CHATS / "-".join(
        [*words, *(["blind"] if blind else []), *([_plain(rater)] if rater else [])]
    )


def command_line() -> str:
    """What was typed, to be typed again."""
    return shlex.join(["symposion", *sys.argv[1:]])


def _plain(word: str) -> str:
    """A word that can be part of a folder's name."""
    return re.sub(r"[^\w@.]+", "-", Path(word).name if "/" in word else word).strip("-.") or "x"


def _new(
    given: Mapping[str, object], drawn: Mapping[str, float], screen: Screen, *, rating: bool
) -> ChatSpec:
    """What a chat that begins now is.

    A seed that nobody named is drawn: two blind talks under one default would show A and B in
    the same seats.
    """
    if "cast" not in given:
        raise InputError("PERSONA is missing: whom to talk with")
    usual: dict[str, object] = {"seed": secrets.randbits(63)}
    if rating and "rater" not in given:
        usual["rater"] = _ask_rater(screen)
    sampling = replace(Sampling(), **drawn)  # type: ignore[arg-type]  # it checks its values
    return ChatSpec(**{**usual, **given, "sampling": sampling})  # type: ignore[arg-type]


def _recorded(
    record: ChatRecord, given: Mapping[str, object], drawn: Mapping[str, float], folder: Path
) -> ChatSpec:
    """What a recorded chat is, if it is what the command asks for."""
    spec = _spec_of(record)
    if spec.rates:
        raise InputError(f"{folder} rates {spec.rates}: go on with --rate {spec.rates}")
    if "cast" in given and not given.get("blind"):
        given = {**given, "blind": False}
    sampling = replace(spec.sampling, **drawn)  # type: ignore[arg-type]
    spec.require({**given, "sampling": sampling}, folder)
    return spec


def _spec_of(record: ChatRecord) -> ChatSpec:
    told = record.manifest["spec"]
    assert isinstance(told, dict)
    return ChatSpec.of_json(told)


def _refuse_other_model(record: ChatRecord, setting: Setting) -> None:
    """A talk is gone on with by the model that it began with; before any is opened.

    Another version of the same software may go on: every answer names its own.
    """
    told = record.manifest.get("model")
    if not isinstance(told, dict):
        return  # it has not spoken yet
    for name, current in (("engine", setting.engine), ("base", setting.base)):
        if told[name] != current:
            raise InputError(
                f"{record.path.parent} was talked with {name} {str(told[name])[:24] or 'none'}, "
                f"not {current[:24] or 'none'}: give the --engine and --model of then, or another "
                "--out"
            )


def _ask_rater(screen: Screen) -> str:
    if not screen.typed:
        return ""
    try:
        return screen.read("your name, for the ratings (Enter leaves it out)> ").strip()
    except EOFError:
        return ""


def _greet(folder: Path, conversation: Conversation, screen: Screen, *, rating: bool) -> None:
    begun = "going on with" if conversation.turns else "recording to"
    rater = conversation.spec.rater or "nobody named"
    screen.say(
        f"{begun} {folder}{f', rater {rater}' if rating else ''}; /help tells what can be typed"
    )
    screen.say(f"with {' and '.join(conversation.names)}")


def _say_goodbye(screen: Screen, folder: Path, goes_on: bool) -> None:
    if goes_on:
        screen.say("", f"left: all is kept in {folder}. `{command_line()}` goes on")
