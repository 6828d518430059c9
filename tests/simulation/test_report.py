"""The page: right numbers, nothing unescaped, nothing fetched, written whole or not at all."""

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personas.errors import InputError
from simulation import page
from simulation.analysis.annotation import Idea, Stance
from simulation.analysis.frames import INTERVIEW_COLUMNS, RunFrames
from simulation.report import write_report
from simulation.sections import writing
from simulation.sections.annotated import Reader
from simulation.view import when

from .browsing import opened
from .worlds import HELD, manifest, run_of

PEOPLE = {"ada": "Ada Lind", "bo": "Bo Reed"}
NASTY = "<script>document.title = 'owned'</script> & \"so\" </li> \u202e \ud800"
SCRIPT = NASTY.replace("\ud800", "")
SPEECHES = [
    ("talk", "ada", 1, NASTY),
    ("talk", "bo", 1, "Where will the vans unload?"),
    ("scrambled", "ada", 1, "It may rain."),
]
PICTURES = (
    "population", "camps", "trajectories", "drift", "network", "dynamics", "models",
    "consistency", "conversation",
)  # fmt: skip
"""Figures of a run that nobody can read."""


class Page(HTMLParser):
    """Collects what a browser would fetch, run or show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.shown = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        held = dict(attrs)
        self.addresses += [held[name] for name in ("src", "href", "srcset", "data") if name in held]
        assert not any(name.startswith("on") for name in held)

    def handle_data(self, data):
        self.shown += data


def written(folder: Path, *runs) -> tuple[str, Page]:
    text = write_report(runs, folder / "report.html").read_text(encoding="utf-8")
    return text, Page(text)


def town(**changes):
    return run_of(HELD, PEOPLE, SPEECHES, **changes)


def recast(name: str):
    agents = manifest(PEOPLE)["agents"]
    return [agents[0] | {"persona": name, "adapter": "ffff00001111"}, agents[1]]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    return (folder, *written(folder, town()))


def test_the_page_needs_no_other_file_and_no_network(one):
    _, text, found = one
    assert found.addresses
    assert all(address.startswith(("data:", "#")) for address in found.addresses)
    assert "@import" not in text
    assert "url(" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert found.tags.count("img") == len(PICTURES)


def test_every_anchor_leads_somewhere(one):
    _, text, found = one
    for anchor in (address for address in found.addresses if address.startswith("#")):
        assert f'id="{anchor[1:]}"' in text


def test_what_agents_say_is_text(one):
    _, text, found = one
    assert found.tags.count("script") == 1  # our own
    assert "document.title = 'owned'" in found.shown
    assert "\\ud800" in found.shown  # cannot be encoded, so it is spelled out
    assert "&lt;script&gt;" in text


def test_titles_names_and_commands_are_text(tmp_path):
    evil = "<img src=x onerror=alert(1)>"
    people = {"ada": evil, "bo": "Bo"}
    _, found = written(tmp_path, run_of(HELD, people, SPEECHES, title=evil, command=evil))
    assert found.tags.count("img") == len(PICTURES)
    assert "x" not in found.addresses


def test_only_our_own_script_may_run(one):
    _, text, _ = one
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "default-src 'none'" in text


def test_the_headline_is_the_hand_count(one):
    _, _, found = one
    shown = " ".join(found.shown.split())
    assert (
        "After 1 round, the 2 agents had moved by 0.70 on average on bike lanes (the scale is 2 "
        "wide); in the scrambled control by 0.05. The excess over this floor is +0.65 (one run: "
        "no interval; the run is the unit of replication)." in shown
    )
    assert "100% 0% +100 points" in shown  # both flipped in the talk, nobody under the control
    assert "symposion run experiments/town_hall.py --seed 7" in shown
    assert "Ada Lind · round 1 · heard by 1" in shown


def test_figures_lie_beside_the_page(one):
    folder, _, _ = one
    files = {path.name for path in (folder / "figures").iterdir()}
    assert files == {f"{name}.{ending}" for name in PICTURES for ending in ("png", "svg")}


def test_two_runs_are_set_side_by_side_and_their_difference_named(tmp_path):
    swapped = run_of(HELD | {("talk", "ada", 1): -0.2}, PEOPLE, SPEECHES, agents=recast("eve"))
    _, found = written(tmp_path, town(), swapped)
    shown = " ".join(found.shown.split())
    assert found.tags.count("img") == 2 * len(PICTURES) + 1
    assert "talk turns 2 0 –" in shown  # noqa: RUF001
    assert "talk answers 6 2 round 1, Ada Lind" in shown
    assert (
        "Run B differs from Run A in what Ada Lind wears (eve (late), LoRA ffff00001111 for ada "
        "(late), LoRA 0123456789ab)." in shown
    )
    assert "Ada Lind +0.60 −0.20 −0.80" in shown  # noqa: RUF001
    assert (tmp_path / "figures" / "b-population.png").is_file()


def test_six_seeds_have_an_interval():
    readings = page.read([town(seed=seed) for seed in range(6)])
    (design,) = page.designs(readings, np.random.default_rng(0))
    assert design.name == "Run A, Run B, Run C, Run D, Run E, Run F"
    assert "all 6 runs alike" in design.lede
    varied = [
        run_of(HELD | {("talk", "ada", 1): 0.12 * seed}, PEOPLE, seed=seed) for seed in range(6)
    ]
    (design,) = page.designs(page.read(varied), np.random.default_rng(0))
    # Ada drifts by 0.6 to 1.2, Bo by 0.2, the floor by 0.05: (0.9 + 0.2) / 2 - 0.05 on average.
    assert design.effects[0].excess == "+0.50"
    assert "95% interval" in design.lede


def test_limits_follow_from_what_was_run(tmp_path):
    def limits(**changes):
        readings = page.read([town(**changes)])
        return " ".join(page.limits(readings, page.designs(readings, np.random.default_rng(0))))

    assert "no excess is given" in limits(arms=["talk"])
    assert "weaker floor" in limits(arms=["talk", "silent"])
    assert "has not finished" in limits(finished="not finished")
    assert "0% of the answers change" in limits()
    for words in ("no excess is given", "weaker floor", "has not finished"):
        assert words not in limits()


def test_a_run_without_a_control_says_so(tmp_path):
    held = {key: value for key, value in HELD.items() if key[0] == "talk"}
    _, found = written(tmp_path, run_of(held, PEOPLE, arms=["talk"]))
    assert "No control was run, so this cannot be told from noise." in found.shown


@pytest.mark.parametrize("lost", ["every answer", "the talk"])
def test_a_run_with_nothing_to_measure_still_has_a_page(tmp_path, lost):
    run = town()
    surveys = run.surveys[run.surveys["arm"] != "talk"] if lost == "the talk" else run.surveys
    if lost == "every answer":
        surveys = surveys.assign(logprobs=[(-9.0,) * 5] * len(surveys))
    broken = type(run)(run.manifest, run.turns, run.exposures, surveys)
    for runs in ([broken], [broken, broken]):
        _, found = written(tmp_path, *runs)
        assert "had moved by – on average" in found.shown  # noqa: RUF001


def test_bad_input_is_one_line_and_writes_nothing(tmp_path):
    with pytest.raises(InputError, match="at least one run, got 0"):
        write_report([], tmp_path / "report.html")
    silent = town()
    empty = type(silent)(silent.manifest, silent.turns, silent.exposures, silent.surveys.iloc[:0])
    with pytest.raises(InputError, match="no survey answers yet"):
        write_report([empty], tmp_path / "report.html")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        write_report([silent], tmp_path / "file" / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_page_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    writing.write_whole(path, b"before")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        writing.write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert [found.name for found in tmp_path.iterdir()] == ["page.html"]


def test_moments_are_written_for_people():
    assert when("2026-11-20T10:07:07+00:00") == "2026-11-20 10:07 UTC"
    assert when("not finished") == "not finished"


@pytest.mark.slow
def test_a_browser_shows_it_without_errors_or_requests(one, tmp_path):
    folder, _, _ = one
    dom, console, asked = opened(folder / "report.html", tmp_path)
    assert console == ""
    assert asked == []
    assert "<title>Does talking about bike lanes move the town?</title>" in dom


@pytest.mark.slow
def test_the_browser_would_have_told(tmp_path):
    (tmp_path / "bad.html").write_text("<img src='http://a.test/b.png'><script>throw 1</script>")
    _, console, asked = opened(tmp_path / "bad.html", tmp_path)
    assert "Uncaught 1" in console
    assert asked == ["http://a.test/b.png"]


@pytest.mark.slow
def test_the_search_hides_what_does_not_match(one, tmp_path):
    _, text, _ = one
    typed = "<script>box.value = 'VANS'; box.dispatchEvent(new Event('input'));</script></body>"
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    (tmp_path / "typed.html").write_text(free.replace("</body>", typed), encoding="utf-8")
    dom, console, _ = opened(tmp_path / "typed.html", tmp_path)
    assert console == ""
    assert dom.count('<li hidden="">') == 2
    assert "1 of 3 utterances" in dom


class Everything:
    """Finds an idea, a stance and a contradiction in every text, and quotes it."""

    def ideas(self, text):
        return [Idea(text, text, text)]

    def stances(self, text):
        return [Stance("bike lanes", 1.0 if "van" in text else -1.0)]

    def judge(self, claim, line):
        return "contradicts"


def of_everything(run):
    found = Everything()
    name = f"a judge <script>{SCRIPT}</script>"
    return Reader(name, found, found, found, _script, _script, _script)


def _script(_of):
    return [SCRIPT]


LONG = [
    (arm, agent, turn, f"{SCRIPT} {turn}" if agent == "ada" else f"A van, {turn}.")
    for arm in ("talk", "scrambled")
    for turn in range(1, 7)
    for agent in PEOPLE
]
HELD_LONG = {
    (arm, agent, wave): 0.1 * wave * (1 if agent == "ada" else -1)
    for arm in ("talk", "scrambled")
    for agent in PEOPLE
    for wave in range(7)
}


def _of_other_kinds(surveys: pd.DataFrame) -> list[pd.DataFrame]:
    """The same answers to a choice, whose options have no values, and to an allocation."""
    nothing = [(float("nan"),) * 5] * len(surveys)
    choice = surveys.assign(question=f"paper {SCRIPT}", values=nothing)
    items = [surveys.assign(question=f"budget {SCRIPT}: {item}") for item in ("parks", "roads")]
    return [choice, *items]


def _interviews(run: RunFrames) -> pd.DataFrame:
    answers = run.surveys[run.surveys["order"] == "forward"]
    return answers.assign(question="bike lanes", text=SCRIPT)[list(INTERVIEW_COLUMNS)]


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Two runs of which every section can be shown, full of what must not be run."""
    runs = []
    for seed in (1, 2):
        plain = run_of(HELD_LONG, PEOPLE, LONG, seed=seed, title=SCRIPT, waves=7)
        arrived = plain.exposures.assign(
            listener_counter=plain.exposures["speaker_counter"] + 1,
            time=plain.exposures["speaker_counter"] + 1.5,
        )
        asked = pd.concat([plain.surveys, *_of_other_kinds(plain.surveys)], ignore_index=True)
        runs.append(RunFrames(plain.manifest, plain.turns, arrived, asked, _interviews(plain)))
    folder = tmp_path_factory.mktemp("judged")
    page = write_report(runs, folder / "report.html", of_everything)
    return folder, page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_section_keeps_words_for_words(judged, tmp_path):
    folder, text = judged
    found = Page(text)
    assert found.tags.count("script") == 1
    for title in (
        "Can they be told apart?", "What the group thought of", "What moves them",
        "What else was asked", "In their own words",
    ):  # fmt: skip
        assert f"<h2>{title}</h2>" in text
    assert found.shown.count("owned") > 30  # in the transcript, quoted, as a judge's name
    dom, console, asked = opened(folder / "report.html", tmp_path)
    assert (console, asked) == ("", [])
    assert "<title>&lt;script&gt;" in dom
