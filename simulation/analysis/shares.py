"""What an answer to a survey says: shares of its options, from their log-probabilities."""

import math

import pandas as pd

from personas.errors import InputError

DEGENERATE_BELOW = 0.5
"""Probability mass on the options, in [0, 1], below which an answer is degenerate."""

ANSWER = ["arm", "question", "agent", "wave"]
"""What identifies one answer, over both option orders and all wordings."""


def option_shares(surveys: pd.DataFrame) -> pd.DataFrame:
    """The survey, one row per answer and option, with ``share`` and ``mass``.

    The columns ``options`` and ``values`` then hold one label and one number; ``share`` in [0, 1]
    is the option's part of the options' probability, ``mass`` in [0, 1] that probability.
    """
    lengths = [surveys[column].map(len) for column in ("options", "values", "logprobs")]
    if not (lengths[0].equals(lengths[1]) and lengths[0].equals(lengths[2])):
        raise InputError("surveys: options, values and logprobs of an answer differ in length")
    long = surveys.explode(["options", "values", "logprobs"])
    long = long.astype({"values": float, "logprobs": float})
    if not long["values"].dropna().between(-1, 1).all():
        raise InputError("surveys: values of options must lie in [-1, 1]")
    # Shares are taken relative to the likeliest option, so that tiny masses do not underflow.
    below = long["logprobs"] - long.groupby(level=0)["logprobs"].transform("max")
    relative = below.map(math.exp)
    long["share"] = relative / relative.groupby(level=0).transform("sum")
    mass = long["logprobs"].map(math.exp).groupby(level=0).transform("sum")
    long["mass"] = mass.clip(upper=1.0)
    return long


def levels_of_answers(shares: pd.DataFrame) -> pd.DataFrame:
    """Opinion and mass per `ANSWER`: over options, then wordings, then orders."""
    weighted = shares.assign(opinion=shares["share"] * shares["values"])
    one_asking = weighted.groupby([*ANSWER, "order", "wording"]).agg(
        time=("time", "first"),
        opinion=("opinion", "sum"),
        known=("opinion", "count"),
        options=("opinion", "size"),
        mass=("mass", "first"),
    )
    known = one_asking.pop("known") == one_asking.pop("options")
    one_asking["opinion"] = one_asking["opinion"].where(known)  # half a sum is no opinion
    result = one_asking.groupby([*ANSWER, "order"]).mean().groupby(ANSWER).mean()
    result["opinion"] = result["opinion"].clip(-1, 1)
    result["degenerate"] = result["mass"] < DEGENERATE_BELOW
    result["reason"] = [_reason(mass) for mass in result["mass"]]
    return result


def _reason(mass: float) -> str:
    if mass >= DEGENERATE_BELOW:
        return ""
    if mass == 0:
        return "no option has any probability"
    return f"probability {mass:.2g} on the options, below {DEGENERATE_BELOW}"


def ranked(shares: pd.DataFrame) -> pd.DataFrame:
    """Options of each answer, likeliest first.

    Shares are compared at twelve decimals: the two orders sum in different sequence, and a tie
    must not be broken by the last bit.
    """
    keyed = shares.assign(
        falling=-shares["share"].round(12), extremity=shares["values"].abs()
    ).dropna(subset=["falling"])
    return keyed.sort_values([*ANSWER, "falling", "extremity", "values"])


def leads(falling: pd.DataFrame) -> "pd.Series[float]":
    """The likeliest option's share minus the second's, per `ANSWER`.

    Args:
        falling: From `ranked`.
    """
    place = falling.groupby(ANSWER).cumcount()
    first, second = (falling[place == rank].set_index(ANSWER)["share"] for rank in (0, 1))
    return first - second.reindex(first.index, fill_value=0.0)
