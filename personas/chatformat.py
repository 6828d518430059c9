"""What a model's chat template writes between two messages, found out once.

The template is rendered around sentinels, and what lies between two sentinels is the joint of
those two roles. Afterwards a prompt is joints and spoken text in turn: no template ever sees
what anybody said.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import jinja2
from transformers import PreTrainedTokenizerBase

from personas.errors import InputError
from personas.model import Role

Place = Literal["start", "system", "user", "assistant"]
"""Where a prompt stands: at its start, or at the end of a message's text."""
Next = Literal["system", "user", "assistant", "open"]
"""Whose text comes next; ``open`` is the reply to come."""
Joint = tuple[Place, Next]

FROZEN_DAY = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
"""What a template that prints the date prints: a prompt must not depend on the day."""
SENTINEL = "XqzSentinel{}zqX"
PLAIN_NAMES = {"system": "", "user": "User:\n", "assistant": "Assistant:\n", "open": "Assistant:\n"}

_TALK: tuple[Role, ...] = ("user", "assistant", "user", "assistant", "user")
_PROBES: tuple[tuple[Role, ...], ...] = (
    ("system", *_TALK),
    _TALK,
    ("system",),
    ("user", "user"),
    ("user", "assistant", "assistant", "user"),
    ("user", "assistant"),
    ("assistant", "user"),
)
"""Conversations that show every joint; those that a template refuses show that it cannot."""


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """How messages follow each other in a prompt."""

    joints: dict[Joint, str]
    """Text with its special tokens; a missing joint is one that the template refuses."""
    one_line: bool = False
    """Whether a reply ends with its line, for want of a token that ends a message."""

    @property
    def takes_system(self) -> bool:
        """Whether a system message may begin a conversation."""
        return {("start", "system"), ("system", "user")} <= self.joints.keys()


def chat_format(tokenizer: PreTrainedTokenizerBase) -> ChatFormat:
    """Finds out the joints of the tokenizer's template, or makes up plain ones without it.

    Raises:
        InputError: The template refuses the plainest conversation there is.
    """
    if tokenizer.chat_template is None:
        begins = tokenizer.bos_token_id in tokenizer.encode("", add_special_tokens=True)
        return _plain(tokenizer.bos_token if begins else "")
    joints: dict[Joint, str] = {}
    for roles in _PROBES:
        for joint, text in _render(tokenizer, roles).items():
            joints.setdefault(joint, text)
    if not {("start", "user"), ("user", "assistant"), ("assistant", "user")} <= joints.keys():
        raise InputError(
            "the base model's chat template refuses user and assistant in turn; "
            "repair it, or remove it to use the plain format"
        )
    return ChatFormat(joints)


def _plain(start: str) -> ChatFormat:
    """``User:`` and ``Assistant:`` on lines of their own, for a model without a template."""
    joints: dict[Joint, str] = {}
    for place in get_args(Place):
        for following in get_args(Next):
            gap = start if place == "start" else "\n\n"
            joints[place, following] = gap + PLAIN_NAMES[following]
    return ChatFormat(joints, one_line=True)


def _render(tokenizer: PreTrainedTokenizerBase, roles: Sequence[Role]) -> dict[Joint, str]:
    """The joints of one conversation that waits for a reply; none if the template refuses it."""
    marks = [SENTINEL.format(index) for index in range(len(roles))]
    try:
        text = tokenizer.apply_chat_template(
            [{"role": role, "content": mark} for role, mark in zip(roles, marks, strict=True)],
            tokenize=False,
            add_generation_prompt=True,
            date_string=FROZEN_DAY.strftime("%d %b %Y"),
            strftime_now=FROZEN_DAY.strftime,
            enable_thinking=False,
        )
    except jinja2.TemplateError:
        return {}
    assert isinstance(text, str)  # not tokenised, one conversation
    joints: dict[Joint, str] = {}
    place: Place = "start"
    for role, mark in zip(roles, marks, strict=True):
        before, found, text = text.partition(mark)
        if not found:  # the message was dropped or moved: this conversation cannot be written
            return {}
        joints[place, role] = before
        place = role
    joints[place, "open"] = text
    return joints
