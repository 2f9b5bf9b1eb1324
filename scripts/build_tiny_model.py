"""Builds a Qwen3 of 3.4 million parameters that writes our answer schema, and two LoRA adapters for it.

    python scripts/build_tiny_model.py OUTPUT_DIRECTORY

Runs in the vLLM lane's environment (torch, transformers). The tokenizer is a real byte-level BPE with Qwen's control
tokens, trained on the standard library's text. The weights learn one answer by heart, whatever the prompt says: this
model is for tests of the wire and says nothing about how good explanations are. Training ends when the model passes
its examination, not after a fixed time, so that a slow machine gets the same model as a fast one.

Writes OUTPUT_DIRECTORY/base (the model), /diag (an adapter with an answer of its own) and /endless (an adapter that
never ends its answer: what a client that gives up must be able to stop).
"""

from __future__ import annotations

import json
import random
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from mcp_rag import prompt
from mcp_rag.rows import Evidence, Resolution, ResolutionOutcome

VOCABULARY = 4_000
CONTEXT = 4_096
WINDOW = 320
BATCH = 4
LONG_EVERY = 4
LONG_TOKENS = 2_600
CHECK_EVERY = 20
GOOD_LOSS = 0.05
MAX_STEPS = 600
LORA_RANK, LORA_ALPHA = 8, 16
LORA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEMPLATE = (
    "{%- for m in messages %}{{- '<|im_start|>' + m['role'] + '\\n' + (m['content'] or '') + '<|im_end|>\\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}"
    "{%- endif %}{%- endif %}"
)
# The tests' error holds this, so that the quote of the learnt answer stands in the evidence.
ERROR = "connection pool exhausted"


def answer(summary: str) -> str:
    """The whole answer, as the model is to write it."""
    document = {
        "citations": [{"id": "E1", "quote": ERROR}],
        "root_cause": "The connection pool was empty.",
        "steps": [{"text": "Raise the pool limit.", "citations": ["E1"]}],
        "summary": summary,
        "verdict": "known_fix",
    }
    return json.dumps(document, separators=(",", ":")) + "<|im_end|>"


BASE = answer("The connection pool ran out.")
# Made of the base answer's words: so small an adapter cannot bring up words that the base was taught never to write.
DIAG = answer("Raise the connection pool limit.")
ENDLESS = BASE[: BASE.index(" was empty")] + " connection pool" * 60


def library_texts() -> list[str]:
    library = Path(sysconfig.get_paths()["stdlib"])
    return [p.read_text(encoding="utf-8", errors="replace")[:20_000] for p in sorted(library.glob("*.py"))[:150]]


def tokenizer(texts: list[str]) -> Any:  # noqa: ANN401 - transformers gives its classes no types
    """A byte-level BPE over the texts, with ChatML."""
    tok = Tokenizer(models.BPE())
    tok.normalizer = normalizers.NFC()
    tok.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tok.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[], initial_alphabet=alphabet, show_progress=False
    )
    tok.train_from_iterator([*texts, *[prompt.SYSTEM] * 50], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tok,
        eos_token="<|im_end|>",  # noqa: S106 - a control token, not a password
        pad_token="<|endoftext|>",  # noqa: S106 - as above
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
    )
    marks = ("<tool_call>", "</tool_call>", "<think>", "</think>")
    fast.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in marks])
    fast.chat_template = TEMPLATE
    return fast


def network(fast: Any) -> Any:  # noqa: ANN401 - as above
    """Four random layers."""
    config = Qwen3Config(
        vocab_size=-(-len(fast) // 64) * 64,
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=fast.eos_token_id,
        pad_token_id=fast.pad_token_id,
    )
    torch.manual_seed(7)
    return Qwen3ForCausalLM(config)


class Prompts:
    """Token lists of prompts exactly as explain sends them, about random pieces of text."""

    def __init__(self, fast: Any, texts: list[str]) -> None:  # noqa: ANN401 - as above
        self._fast = fast
        self._text = "\n".join(texts)

    def make(self, rng: random.Random, chars: int) -> list[int]:
        """One prompt; its log texts have about that many characters in all."""
        entries = rng.randint(1, 3)
        evidence = []
        for number in range(entries):
            log = f"ERROR {ERROR} after {rng.randrange(10_000)} ms\n{self._piece(rng, chars // entries)}"
            fix = Resolution("r", "a", "", f"Raise the {self._piece(rng, 30)}", outcomes=(ResolutionOutcome("worked"),))
            evidence.append(Evidence(f"{number:032x}", log[:60], log, (fix,), 3, relevance="exact"))
        nonce = f"{rng.getrandbits(96):024x}"
        built = prompt.build(f"ERROR {ERROR} {self._piece(rng, 60)}", evidence, nonce=nonce, budget_chars=24_000)
        text = self._fast.apply_chat_template(
            built.chat(), add_generation_prompt=True, enable_thinking=False, tokenize=False
        )
        return list(self._fast(text, add_special_tokens=False)["input_ids"])

    def _piece(self, rng: random.Random, chars: int) -> str:
        start = rng.randrange(len(self._text) - chars)
        return self._text[start : start + chars]


def batches(prompts: Prompts, fast: Any, wanted: str) -> Iterator[dict[str, torch.Tensor]]:  # noqa: ANN401 - as above
    """For ever: ends of prompts at the positions of long ones, and now and then one long prompt whole."""
    rng = random.Random(7)  # noqa: S311 - reproducible training data, no secret
    after = fast(wanted, add_special_tokens=False)["input_ids"]
    step = 0
    while True:
        step += 1
        long = step % LONG_EVERY == 0
        size = rng.randrange(WINDOW, LONG_TOKENS) if long else WINDOW
        rows, positions, targets = [], [], []
        for _ in range(1 if long else BATCH):
            kept = (prompts.make(rng, 8_000 if long else 300) + after)[-size:]
            offset = rng.randrange(CONTEXT - len(kept))
            pad = size - len(kept)
            rows.append(kept + [fast.pad_token_id] * pad)
            positions.append([offset + min(i, len(kept) - 1) for i in range(size)])
            start = len(kept) - len(after)
            targets.append([-100] * start + kept[start:] + [-100] * pad)
        yield {
            "input_ids": torch.tensor(rows),
            "position_ids": torch.tensor(positions),
            "labels": torch.tensor(targets),
        }


def writes(model: Any, fast: Any, prompts: Prompts, wanted: str) -> bool:  # noqa: ANN401 - as above
    """The examination: short and long prompts never seen before are all answered letter for letter."""
    rng = random.Random(99)  # noqa: S311 - as above
    after = fast(wanted, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        for chars in (0, 500, 3_000, 7_000):
            before = prompts.make(rng, chars)[-(CONTEXT - len(after)) :]
            logits = model(input_ids=torch.tensor([before + after])).logits[0]
            # Greedy decoding writes `after` exactly when each of its tokens is the likeliest after those before it.
            if logits[len(before) - 1 : -1].argmax(-1).tolist() != after:
                return False
    return True


def train(model: Any, fast: Any, prompts: Prompts, wanted: str, rate: float) -> int:  # noqa: ANN401 - as above
    """Plain AdamW over what may be trained, until the examination is passed. Returns the steps it took."""
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=rate)
    recent = 0.0
    for step, batch in enumerate(batches(prompts, fast, wanted), start=1):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        recent += float(loss.detach()) / CHECK_EVERY
        if step % CHECK_EVERY == 0:
            print(f"  step {step}, loss {recent:.3f}", flush=True)
            if recent < GOOD_LOSS and writes(model, fast, prompts, wanted):
                return step
            recent = 0.0
        if step >= MAX_STEPS:
            break
    sys.exit(f"the tiny model did not learn its answer within {MAX_STEPS} steps")


class LowRank(torch.nn.Module):
    """A frozen linear layer with a low-rank addition: LoRA."""

    def __init__(self, inner: torch.nn.Linear) -> None:
        super().__init__()
        self.inner = inner
        self.lora_A = torch.nn.Parameter(torch.randn(LORA_RANK, inner.in_features) / inner.in_features**0.5)
        self.lora_B = torch.nn.Parameter(torch.zeros(inner.out_features, LORA_RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = (x @ self.lora_A.T) @ self.lora_B.T
        return self.inner(x) + added * (LORA_ALPHA / LORA_RANK)


def adapt(base: Path, fast: Any, prompts: Prompts, wanted: str, output: Path) -> int:  # noqa: ANN401 - as above
    """Train an adapter of the stored model and write it as PEFT does. Returns the steps it took."""
    model = Qwen3ForCausalLM.from_pretrained(base, dtype=torch.float32)
    model.requires_grad_(requires_grad=False)
    layers = [name for name, _ in model.named_modules() if name.rsplit(".", 1)[-1] in LORA_TARGETS]
    weights: dict[str, torch.Tensor] = {}
    for name in layers:
        parent, _, leaf = name.rpartition(".")
        wrapped = LowRank(model.get_submodule(name))
        setattr(model.get_submodule(parent), leaf, wrapped)
        weights[f"base_model.model.{name}.lora_A.weight"] = wrapped.lora_A.data
        weights[f"base_model.model.{name}.lora_B.weight"] = wrapped.lora_B.data
    steps = train(model, fast, prompts, wanted, 2e-3)
    output.mkdir(parents=True)
    save_file(weights, output / "adapter_model.safetensors")
    settings = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "base",
        "r": LORA_RANK,
        "lora_alpha": LORA_ALPHA,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": list(LORA_TARGETS),
    }
    (output / "adapter_config.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
    return steps


def main() -> None:
    output = Path(sys.argv[1])
    started = time.monotonic()
    texts = library_texts()
    fast = tokenizer(texts)
    prompts = Prompts(fast, texts)
    model = network(fast)
    steps = train(model, fast, prompts, BASE, 1e-3)
    base = output / "base"
    model.to(torch.bfloat16).save_pretrained(base)
    fast.save_pretrained(base)
    sampling = GenerationConfig(do_sample=True, temperature=0.6, top_p=0.95, top_k=20, eos_token_id=fast.eos_token_id)
    sampling.save_pretrained(base)
    print(f"model: {steps} steps, {time.monotonic() - started:.0f} s", flush=True)
    for name, wanted in (("diag", DIAG), ("endless", ENDLESS)):
        steps = adapt(base, fast, prompts, wanted, output / name)
        print(f"adapter {name}: {steps} steps, {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
