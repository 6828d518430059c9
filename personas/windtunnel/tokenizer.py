"""The small model's tokenizer: a byte-level BPE trained on the town's own sentences.

Text is data: `encode_line` never yields a special token, whatever the text says. Structure comes
from `encode_document` alone, which tokenises every line of a message on its own, as the engines
do at run time, so that training and running see the same ids.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from personas.errors import InputError
from personas.windtunnel.document import Document

PAD, BOS, SYSTEM, USER, ASSISTANT, END = range(6)
SPECIAL_TOKENS = ("<|pad|>", "<|bos|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
"""In the order of their ids, 0 to 5."""

ROLE_TOKENS = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}
LARGEST_VOCABULARY = 2_304  # entries; the corpus saturates at about 2,100
FEWEST_SIGHTINGS = 12  # of a pair before it is merged: spellings seen once stay in pieces

WORDS = Regex(
    r" (?:strongly|mildly) (?:for|against)(?!\p{L})"
    r"|'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}{1,2}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
)
"""What merges may not cross: words, pairs of digits, runs of signs. A stance's two words are kept
together, as are the two digits of an age: one token each is looked up, and said, in one step."""

CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}<|assistant|>"
    "{% generation %}{{ message['content'] }}<|end|>{% endgeneration %}"
    "{% else %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def train_tokenizer(
    lines: Iterable[str], vocabulary: int = LARGEST_VOCABULARY
) -> PreTrainedTokenizerFast:
    """Learns the merges; bytes are the alphabet, so no text is ever unknown.

    Args:
        lines: The pieces of messages, as they are tokenised later.
        vocabulary: Upper bound on entries, special tokens and 256 bytes included.

    Returns:
        A tokenizer with chat template and left padding, ready to be saved.

    Raises:
        InputError: The vocabulary is too small for the alphabet.
    """
    smallest = 256 + len(SPECIAL_TOKENS)
    if vocabulary < smallest:
        raise InputError(f"vocabulary must be at least {smallest}, got {vocabulary}")
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(WORDS, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=FEWEST_SIGHTINGS,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator(lines, trainer)
    return _dressed(backend)


def _dressed(backend: Tokenizer) -> PreTrainedTokenizerFast:
    """Gives the bare BPE its special tokens, its chat template and its padding side."""
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        bos_token=SPECIAL_TOKENS[BOS],
        eos_token=SPECIAL_TOKENS[END],
        pad_token=SPECIAL_TOKENS[PAD],
        additional_special_tokens=[SPECIAL_TOKENS[i] for i in (SYSTEM, USER, ASSISTANT)],
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=2_048,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Reads a saved tokenizer.

    Raises:
        InputError: There is none in the folder.
    """
    if not (folder / "tokenizer.json").is_file():
        raise InputError(f"tokenizer: no tokenizer.json in {folder}; train or fetch the base first")
    loaded = PreTrainedTokenizerFast.from_pretrained(folder)
    if not isinstance(loaded, PreTrainedTokenizerFast):
        raise InputError(f"tokenizer: {folder} holds a {type(loaded).__name__}, want a fast one")
    return loaded


class LineEncoder:
    """Encodes text as data: a marker spelt out in an utterance stays a row of letters."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, remembered: int = 20_000) -> None:
        """Takes a private copy of the tokenizer's backend, with its markers switched off.

        Args:
            tokenizer: From `train_tokenizer` or `load_tokenizer`.
            remembered: How many distinct lines are kept with their ids.
        """
        self._backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        self._backend.encode_special_tokens = True
        self.encode_line = lru_cache(maxsize=remembered)(self._encode)

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self._backend.encode(text, add_special_tokens=False).ids)

    def encode_document(self, document: Document) -> tuple[list[int], list[bool]]:
        """Ids of a whole conversation, and which of them the assistant has to say.

        Returns:
            Two lists of one length: token ids, and True where a token belongs to an assistant's
            message (its closing `<|end|>` too, its opening marker not).
        """
        ids, said = [BOS], [False]
        for message in document.messages:
            own = message.role == "assistant"
            ids.append(ROLE_TOKENS[message.role])
            said.append(False)
            for line in message.lines:
                ids.extend(self.encode_line(line))
            ids.append(END)
            said.extend([own] * (len(ids) - len(said)))
        return ids, said

    def encode_prompt(self, document: Document) -> list[int]:
        """Ids of a conversation whose next words are the assistant's."""
        return [*self.encode_document(document)[0], ASSISTANT]
