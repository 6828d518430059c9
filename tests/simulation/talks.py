"""Small talks for the analyzers of text: turns and who took in what before which turn."""

from collections.abc import Sequence

import pandas as pd

from simulation.analysis.conversation import ARRIVAL_COLUMNS

Line = tuple[str, str]


def turns_of(lines: Sequence[Line], arm: str = "talk") -> pd.DataFrame:
    """Turns from (agent, text), one after the other."""
    rows, counters = [], {}
    for time, (agent, text) in enumerate(lines):
        counter = counters[agent] = counters.get(agent, -1) + 1
        rows.append((arm, agent, float(time), counter, text))
    frame = pd.DataFrame(rows, columns=["arm", "agent", "time", "counter", "text"])
    return frame.astype({"text": object, "counter": int, "time": float})


def all_hear_all(turns: pd.DataFrame) -> pd.DataFrame:
    """Exposures if everybody takes in, before each turn, what was said since their last one."""
    rows = []
    for arm, talk in turns.groupby("arm"):
        for listener, own in talk.groupby("agent"):
            since = -1.0
            for turn in own.sort_values("counter").itertuples():
                fresh = talk[(talk.time >= since) & (talk.time < turn.time)]
                for said in fresh[fresh.agent != listener].itertuples():
                    heard = (arm, listener, turn.counter, said.agent, said.counter, said.time)
                    rows.append((*heard, 1))
                since = turn.time
    return pd.DataFrame(rows, columns=list(ARRIVAL_COLUMNS))
