"""A page opened in a real headless browser: what it shows, complains about and asks for."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest


def browser() -> str:
    """The browser that is installed here."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail("pages are tried in a real browser: install one, e.g. `apt install chromium`")


def opened(page: Path, folder: Path) -> tuple[str, str, list[str]]:
    """The page as the browser leaves it, its console, and the addresses it asked for.

    Args:
        page: The file.
        folder: Takes the browser's profile and log.
    """
    log = folder / "net.json"
    done = subprocess.run(
        [
            browser(), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
            "--disable-background-networking", "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}",
            "--enable-logging=stderr", f"--log-net-log={log}", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    requests = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    # The browser's own errands have no origin; what the page asks for has one.
    asked = [r["url"] for r in requests if r.get("initiator", "not an origin") != "not an origin"]
    return done.stdout, console, asked
