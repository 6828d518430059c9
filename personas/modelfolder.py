"""What can be known of a model from its folder alone: its tokenizer, its ends, its context."""

import json
from pathlib import Path

from transformers import AutoConfig, AutoTokenizer, PreTrainedTokenizerBase

from personas.errors import InputError


def open_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The model's tokenizer, from its folder alone.

    Raises:
        InputError: The folder holds none that can be loaded.
    """
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True
        )
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"cannot load the tokenizer of {folder}: {reason}") from error
    return tokenizer


def named_stop_ids(folder: Path) -> frozenset[int]:
    """Tokens that the model's own settings name as ends of a text: none, one or several.

    Raises:
        InputError: A settings file is not a JSON object.
    """
    for name in ("generation_config.json", "config.json"):
        path = folder / name
        try:
            ends = json.loads(path.read_text("utf-8"))["eos_token_id"]
        except (FileNotFoundError, KeyError):
            continue
        except (ValueError, TypeError) as error:
            raise InputError(f"{path} must hold a JSON object; copy the model again") from error
        return frozenset([ends] if isinstance(ends, int) else ends or [])
    return frozenset()


def model_context(folder: Path) -> int:
    """Longest context that the model's configuration allows, in tokens.

    Raises:
        InputError: The configuration cannot be read.
    """
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"cannot read the configuration of {folder}: {reason}") from error
    return int(getattr(config.get_text_config(), "max_position_embeddings", 0) or 2**31)
