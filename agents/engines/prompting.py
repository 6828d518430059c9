"""From a request to token ids, for an engine whose weights are computed elsewhere."""

from dataclasses import dataclass
from pathlib import Path

from personas.errors import EngineError
from personas.identity import base_identity
from personas.model import Request
from personas.modelfolder import named_stop_ids, open_tokenizer
from personas.rendering import Renderer


@dataclass(frozen=True, slots=True)
class Prompting:
    """The identity, the tokenizer and the ends of a local model; no tensor is loaded."""

    base: str
    """Content hash of the folder (`personas.identity`)."""
    renderer: Renderer
    """Writes prompts and reads replies."""
    stop_ids: frozenset[int]
    """Tokens that end a reply: the tokenizer's, the template's and the model's own."""

    @classmethod
    def of(cls, folder: Path) -> "Prompting":
        """Reads a model's folder, except for its weights, which are only hashed.

        Raises:
            InputError: The folder is not there or not a complete model.
        """
        base = base_identity(folder)
        renderer = Renderer(open_tokenizer(folder))
        return cls(base, renderer, renderer.stop_ids | named_stop_ids(folder))

    def tokens(self, request: Request, new_tokens: int, context_tokens: int) -> list[int]:
        """Token ids of a request's prompt, once it is clear that it can be answered.

        Args:
            request: The question.
            new_tokens: Room that the reply needs.
            context_tokens: Longest prompt plus reply.

        Raises:
            EngineError: The adapter is of another base, or prompt and reply are too long.
        """
        adapter = request.adapter
        if adapter and adapter.base and adapter.base != self.base:
            raise EngineError(
                f"adapter {adapter.folder} was trained on base {adapter.base[:12]}, this engine "
                f"runs base {self.base[:12]}; open the engine on the adapter's base"
            )
        tokens = self.renderer.render(request.prompt)
        if len(tokens) + new_tokens > context_tokens:
            raise EngineError(
                f"prompt of {len(tokens)} tokens plus max_tokens {new_tokens} exceeds the "
                f"context of {context_tokens}; shorten the memory or the reply"
            )
        return tokens
