"""How many words of somebody's material a model is shown at once."""

import re
from dataclasses import dataclass
from functools import lru_cache

from personas.errors import InputError

OBJECTIVE_WORDS, SUBJECTIVE_WORDS = 1_500, 500
"""What the method's authors show a large model (PersLLM, documentation of January 2025)."""
TOKENS_A_WORD = 1.5
"""Of English, generously: most tokenizers need 1.2 to 1.4."""
RESERVED_TOKENS = 1_400
"""For the instructions with their examples (about 430 words), the question and the answer."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
"""White-space separated words, but every character of a script that writes none between them."""


@lru_cache(maxsize=2**14)  # a paragraph is weighed again for every question
def count_words(text: str) -> int:
    """Number of words; a Chinese, Japanese or Korean character counts as one."""
    return len(_WORD.findall(text))


@dataclass(frozen=True, slots=True)
class Budgets:
    """Most words of each kind of material, the paragraph asked about included."""

    objective: int = OBJECTIVE_WORDS
    """Of experiences and knowledge together, at least 1."""
    subjective: int = SUBJECTIVE_WORDS
    """Of conversations, at least 1."""

    def __post_init__(self) -> None:
        for name in ("objective", "subjective"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1 word, got {getattr(self, name)}")

    @classmethod
    def for_window(cls, context_tokens: int) -> "Budgets":
        """The usual budgets, or for a small window their share of what it can hold.

        Args:
            context_tokens: Longest prompt plus reply of the model.

        Raises:
            InputError: The window cannot hold instructions and material.
        """
        room = int((context_tokens - RESERVED_TOKENS) / TOKENS_A_WORD)
        usual = OBJECTIVE_WORDS + SUBJECTIVE_WORDS
        if room < usual // 20:
            raise InputError(
                f"context_tokens must be at least {RESERVED_TOKENS + 150}, got {context_tokens}; "
                "choose a model with a longer context to write data with"
            )
        share = min(1.0, room / usual)
        return cls(int(OBJECTIVE_WORDS * share), int(SUBJECTIVE_WORDS * share))

    def of(self, kind: str) -> int:
        """The budget that a kind of paragraph counts for."""
        return self.subjective if kind == "conversations" else self.objective
