"""`symposion serve`: a vLLM server with the adapters of a cast, for runs on any machine."""

import http.client
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from agents.agent import seat
from agents.engines.catalogue import WIND_TUNNEL
from agents.engines.vllm_setup import (
    SERVER_ENVIRONMENT,
    require_build,
    server_command,
    setup_for,
)
from experiments.commands.console import clear_errors, out
from personas.adapter import Adapter
from personas.errors import EngineError, InputError
from personas.identity import base_identity
from personas.persona import find_persona, library, load_persona

LONGEST_START = 900.0  # seconds; a large model is read from disk and compiled
STOP_SECONDS = 15.0  # then the server is killed
LOOK_EVERY = 0.25  # seconds between two looks at a starting server
LAST_LINES = 12  # of the log, shown when a server dies
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    cast: Annotated[
        list[str] | None,
        typer.Option(
            help="Whose adapters to serve, repeatable: a persona as in `symposion run --cast`. "
            "Without any: all of the library that were trained on this model.",
            metavar="PERSONA",
        ),
    ] = None,
    model: Annotated[
        Path, typer.Option(help="Folder of a local Hugging Face causal LM.", show_default=False)
    ] = WIND_TUNNEL,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=1, max=65535)] = 8000,
    context: Annotated[
        int | None,
        typer.Option(help="Longest prompt plus reply, in tokens.", show_default="the model's"),
    ] = None,
    log: Annotated[Path, typer.Option(help="File for the server's own words.")] = Path(
        "runs/serve.log"
    ),
) -> None:
    """Starts a vLLM server for a cast and stops it at Ctrl-C."""
    with clear_errors():
        build = require_build()
        adapters = cast_adapters(cast, model)
        _refuse_taken(host, port)
        from personas.modelfolder import model_context

        setup = setup_for(
            model,
            adapters,
            build=build,
            model_context=model_context(model),
            context_tokens=context,
        )
        command = server_command(setup, adapters, host, port)
        _tell(command, len(adapters), host)
        _attend(command, host, port, model, log)


def cast_adapters(cast: Sequence[str] | None, model: Path) -> list[Adapter]:
    """Different adapters of a cast, or of everybody in the library that fits the model.

    Raises:
        InputError: There is no such model or persona, or one is of another base.
    """
    base = base_identity(model)
    if cast:
        worn = [seat(word.rpartition("=")[2], base).adapter for word in cast]
    else:
        people = [load_persona(find_persona(name)) for name in library()]
        every = [stage.adapter for person in people for stage in person.stages]
        worn = [adapter for adapter in every if adapter and adapter.base == base]
    return list({adapter.fingerprint: adapter for adapter in worn if adapter}.values())


def _refuse_taken(host: str, port: int) -> None:
    """Says at once that somebody listens there, not after half a minute."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"port {port} of {host} cannot be had ({reason}): give another --port"
        ) from error


def _tell(command: Sequence[str], adapters: int, host: str) -> None:
    """Prints the exact command, so that it can be run without us."""
    words = [f"{name}={value}" for name, value in SERVER_ENVIRONMENT.items()]
    out.print(f"serving {adapters} adapters with\n  {shlex.join([*words, *command])}", markup=False)
    if not adapters:
        out.print("the bare base alone: name personas with --cast to serve their adapters")
    if host not in LOOPBACK:
        out.print(
            f"whoever reaches {host} can use this server and make it load adapters from this disk",
            style="yellow",
            markup=False,
        )


def _attend(command: Sequence[str], host: str, port: int, model: Path, log: Path) -> None:
    """Runs the server until it dies or somebody stops us."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # polite, like Ctrl-C
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as words:
        server = subprocess.Popen(
            command,
            env=SERVER_ENVIRONMENT | os.environ,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and we end the whole family
        )
    try:
        _await_health(server, host, port, log)
        url = f"http://{host}:{port}"
        wanted = [] if model == WIND_TUNNEL else ["--model", str(model)]
        line = shlex.join(
            ["symposion", "run", "town_hall", "--engine", "server", "--server", url, *wanted]
        )
        out.print(f"ready at {url} (Ctrl-C stops it). In another terminal:\n  {line}", markup=False)
        server.wait()
        raise EngineError(_last_words(server, log))
    except KeyboardInterrupt:
        out.print("server stopped")
    finally:
        _stop(server)
        signal.signal(signal.SIGTERM, before)


def _await_health(server: "subprocess.Popen[bytes]", host: str, port: int, log: Path) -> None:
    """Waits until the server answers.

    Raises:
        EngineError: It died, or never answered.
    """
    began = time.monotonic()
    out.print(f"starting, half a minute or more; its log: {log}", markup=False)
    with out.status("starting"):
        while time.monotonic() - began < LONGEST_START:
            if server.poll() is not None:
                raise EngineError(_last_words(server, log))
            if healthy(host, port):
                return
            time.sleep(LOOK_EVERY)
    raise EngineError(f"the server did not answer within {LONGEST_START:.0f} s; see {log}")


def healthy(host: str, port: int) -> bool:
    """Whether a server answers that it is well."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_words(server: "subprocess.Popen[bytes]", log: Path) -> str:
    """Why a server died, as far as it said so."""
    lines = log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
    end = "\n".join(lines) or "it said nothing"
    return f"the server died (exit code {server.returncode}); the end of {log}:\n{end}"


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """Asks the server to end, then ends its whole family: its engine outlives a killed parent."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
