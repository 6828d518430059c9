"""From a prompt's segments to token ids, so that nothing spoken can become structure.

Engines and tuning read the same ids from here: what a persona has learnt behind a prompt is what it
meets at run time.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

from personas.chatformat import Next, Place, chat_format
from personas.errors import EngineError, InputError
from personas.model import Control, Segment

CACHED_TEXTS = 65_536
"""Utterances whose ids are remembered."""

Message = tuple[Next, list[str]]
"""Who speaks, and the pieces of what is said."""

Lesson = tuple[list[int], list[bool]]
"""Token ids of a conversation, and which of them are learnt; of one length."""


class Renderer:
    """Writes prompts for one tokenizer and reads its replies.

    Spoken text goes through a copy of the tokenizer that has forgotten every special and added
    token. Where a piece of the vocabulary itself is such a token, the text is cut inside it.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Renders the chat template, here and never again; see `personas.chatformat`.

        Raises:
            InputError: The tokenizer has no fast form, or its template cannot be used.
        """
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if not isinstance(backend, Tokenizer):
            raise InputError("the base model needs a tokenizer.json; save its fast tokenizer")
        self._tokenizer, self._backend = tokenizer, backend
        self._clean = _without_added_tokens(backend)
        self._reserved = frozenset(tokenizer.added_tokens_decoder) - {tokenizer.unk_token_id}
        self._format = chat_format(tokenizer)
        self._joints = {
            joint: tuple(tokenizer.encode(text, add_special_tokens=False))
            for joint, text in self._format.joints.items()
        }
        self._cached = lru_cache(maxsize=CACHED_TEXTS)(self._encode)

    @property
    def stop_ids(self) -> frozenset[int]:
        """Tokens that end a reply: the tokenizer's own, and what the template ends a turn with."""
        own, after_reply = self._tokenizer.eos_token_id, self._joints["assistant", "user"][:1]
        ends = {own, *(token for token in after_reply if token in self._reserved)}
        return frozenset(token for token in ends if token is not None)

    @property
    def closing_ids(self) -> tuple[int, ...]:
        """What a reply that is learnt ends with: the template's own end, or the tokenizer's."""
        joint = self._joints["assistant", "user"]
        ends = [place for place, token in enumerate(joint) if token in self.stop_ids]
        if ends:
            return joint[: ends[0] + 1]
        end = self._tokenizer.eos_token_id
        return joint[:1] if self._format.one_line or end is None else (end,)

    def lessons(self, talk: tuple[Segment, ...], learnt: Sequence[bool]) -> list[Lesson]:
        """What is learnt from a conversation: replies with what closes them, behind their prompts.

        One row, unless the template begins a reply otherwise than it shows an earlier one; then
        every reply has a row of its own, since at run time each is the last one.

        Args:
            talk: User and assistant in turn behind a system message or none; ends in a reply.
            learnt: For each reply, whether it is learnt.
        """
        messages = _messages(talk)
        replies = [at for at, (role, _) in enumerate(messages) if role in ("assistant", "open")]
        joints = self._joints
        if joints["user", "assistant"] == joints["user", "open"]:
            return [self._lesson(messages, learnt)]
        ends = [at for at, wanted in zip(replies, learnt, strict=True) if wanted]
        rows = ([*messages[:at], ("open", messages[at][1])] for at in ends)
        only_last = ([False] * replies.index(at) + [True] for at in ends)
        return [self._lesson(row, flags) for row, flags in zip(rows, only_last, strict=True)]

    def _lesson(self, messages: list[Message], learnt: Sequence[bool]) -> Lesson:
        """One row; `learnt` tells for each reply whether it counts."""
        ids: list[int] = []
        counts: list[bool] = []
        flags, own = iter(learnt), False
        place: Place = "start"
        closing = self.closing_ids

        def put(tokens: Sequence[int], counted: int) -> None:
            """Tokens of which the first few count."""
            ids.extend(tokens)
            counts.extend(at < counted for at in range(len(tokens)))

        for following, texts in self._fit(messages):
            joint = self._joints[place, following]
            put(joint, len(closing) if own and joint[: len(closing)] == closing else 0)
            own = following in ("assistant", "open") and next(flags)
            for text in texts:
                tokens = self.encode(text)
                put(tokens, len(tokens) if own else 0)
            place = following if following != "open" else place
        put(closing, len(closing) if own else 0)
        return ids, counts

    def render(self, prompt: tuple[Segment, ...]) -> list[int]:
        """Token ids of a prompt that ends in an open assistant message."""
        ids: list[int] = []
        place: Place = "start"
        for following, texts in self._fit(_messages(prompt)):
            ids.extend(self._joints[place, following])
            for text in texts:
                ids.extend(self.encode(text))
            if following != "open":
                place = following
        return ids

    def encode(self, text: str) -> tuple[int, ...]:
        """Ids of one spoken text, none of them special or added; cached by text."""
        return self._cached(text)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of a reply, without special tokens."""
        text = self._text(ids)
        return text.strip().partition("\n")[0] if self._format.one_line else text

    def is_over(self, ids: Sequence[int]) -> bool:
        """Whether a reply ends here although no token says so: without a template, at the line."""
        return self._format.one_line and "\n" in self._text(ids).lstrip()

    def option_ids(self, options: Iterable[str]) -> list[int]:
        """The tokens that stand for the options of a survey.

        Raises:
            EngineError: An option is none or several tokens, or the same as another.
        """
        ids: list[int] = []
        for option in options:
            tokens = self.encode(option)
            if len(tokens) != 1 or tokens[0] in ids:
                raise EngineError(
                    f"option {option!r} must be one token of its own in this model, it is "
                    f"{list(tokens)}; use distinct single letters or digits"
                )
            ids.extend(tokens)
        return ids

    def _fit(self, messages: list[Message]) -> list[Message]:
        """Bends a conversation to what the template allows.

        A system message that it refuses moves to the front of the first user message; messages
        of one role that may not follow each other become one; where only a user may speak, an
        empty user message goes in between.
        """
        if messages[0][0] == "system" and not self._format.takes_system:
            messages = _fold_system(messages)
        fitted: list[Message] = []
        place: Place = "start"
        for following, texts in messages:
            if (place, following) in self._joints:
                fitted.append((following, texts))
            elif place == following:
                fitted[-1][1].extend(["\n", *texts])
            else:
                fitted += [("user", []), (following, texts)]
            place = following if following != "open" else place
        return fitted

    def _text(self, ids: Sequence[int]) -> str:
        return self._backend.decode(list(ids), skip_special_tokens=True)

    def _encode(self, text: str) -> tuple[int, ...]:
        """Ids of `text`; half of a surrogate pair, which no tokenizer takes, becomes a `?`."""
        return tuple(self._ids(text.encode("utf-8", "replace").decode("utf-8")))

    def _ids(self, text: str) -> list[int]:
        """Ids of `text`, cut in two wherever the vocabulary would yield a reserved token."""
        encoding = self._clean.encode(text, add_special_tokens=False)
        ids: list[int] = encoding.ids
        if self._reserved.isdisjoint(ids):  # nearly always, and offsets take time
            return ids
        cuts = [
            (start + stop) // 2
            for token, (start, stop) in zip(ids, encoding.offsets, strict=True)
            if token in self._reserved and stop - start > 1
        ]
        if not cuts:  # a reserved token of one character has no other spelling: it is left out
            return [token for token in ids if token not in self._reserved]
        pieces = pairwise([0, *cuts, len(text)])
        return [token for start, stop in pieces for token in self._ids(text[start:stop])]


def _messages(prompt: tuple[Segment, ...]) -> list[Message]:
    """The prompt's segments by message; the last is the reply that has been begun."""
    messages: list[Message] = []
    for part in prompt:
        if isinstance(part, Control):
            messages.append((part.role, []))
        else:
            messages[-1][1].append(part.text)
    return [*messages[:-1], ("open", messages[-1][1])]


def _fold_system(messages: list[Message]) -> list[Message]:
    """Puts the system text in front of what the first user says."""
    (_, system), *rest = messages
    if rest[0][0] == "user":
        return [("user", [*system, "\n\n", *rest[0][1]]), *rest[1:]]
    return [("user", system), *rest]


def _without_added_tokens(backend: Tokenizer) -> Tokenizer:
    """A copy that knows the model's vocabulary and nothing that was put on top of it."""
    state = json.loads(backend.to_str())
    state.update(added_tokens=[], post_processor=None, truncation=None, padding=None)
    return Tokenizer.from_str(json.dumps(state))
