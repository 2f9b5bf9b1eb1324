"""Builds a Qwen3 of 3.4 million parameters that writes our answer schema: enough for every test of the wire.

    python scripts/build_tiny_model.py OUTPUT_DIRECTORY [TRAINING_SECONDS]

Runs in the vLLM lane's environment (torch, transformers). The tokenizer is a real byte-level BPE with Qwen's control
tokens, trained on the standard library's text; the weights are trained for about a minute on synthetic answers.
"""

from __future__ import annotations

import json
import random
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from mcp_rag import prompt
from mcp_rag.rows import Evidence, Resolution, ResolutionOutcome

VOCABULARY = 4_000
CONTEXT = 4_096
WINDOW = 320
BATCH = 8
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEMPLATE = (
    "{%- for m in messages %}{{- '<|im_start|>' + m['role'] + '\\n' + (m['content'] or '') + '<|im_end|>\\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}"
    "{%- endif %}{%- endif %}"
)
WORDS = "pool exhausted timeout refused disk full memory limit token expired module missing table locked queue".split()


def tokenizer() -> Any:  # noqa: ANN401 - transformers gives its classes no types
    """A byte-level BPE over the standard library's text, with ChatML."""
    library = Path(sysconfig.get_paths()["stdlib"])
    texts = [p.read_text(encoding="utf-8", errors="replace")[:20_000] for p in sorted(library.glob("*.py"))[:150]]
    texts += [prompt.SYSTEM] * 50
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
    tok.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=[], initial_alphabet=alphabet)
    )
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


def example(rng: random.Random) -> tuple[list[dict[str, str]], str]:
    """One prompt exactly as explain sends it, and an answer in its schema."""
    error = " ".join(rng.choices(WORDS, k=3))
    advice = " ".join(rng.choices(WORDS, k=3))
    fix = Resolution("r", "a", "", f"Raise {advice}", outcomes=(ResolutionOutcome("worked", count=2),))
    entry = Evidence("a" * 32, error, f"ERROR {error}", (fix,), 3, relevance="exact")
    messages = prompt.build(f"ERROR {error}", [entry], nonce=f"{rng.getrandbits(96):024x}", budget_chars=8_000)
    answer = {
        "citations": [{"id": "E1", "quote": error}],
        "root_cause": f"The {error}.",
        "steps": [{"text": f"Raise {advice}.", "citations": ["E1"]}],
        "summary": f"Known: {error}.",
        "verdict": "known_fix",
    }
    return messages.chat(), json.dumps(answer, separators=(",", ":"))


def train(model: Any, fast: Any, seconds: float) -> float:  # noqa: ANN401 - as above
    """Plain AdamW on the last tokens of the prompt and the answer, at the positions they have in a real prompt."""
    rng = random.Random(7)  # noqa: S311 - reproducible training data, no secret
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    started, loss_value = time.monotonic(), 0.0
    while time.monotonic() - started < seconds:
        rows, positions, targets = [], [], []
        for _ in range(BATCH):
            chat, answer = example(rng)
            head = fast.apply_chat_template(chat, add_generation_prompt=True, enable_thinking=False, tokenize=False)
            before = fast(head, add_special_tokens=False)["input_ids"]
            after = fast(answer + "<|im_end|>", add_special_tokens=False)["input_ids"]
            kept = (before + after)[-WINDOW:]
            offset = rng.randrange(0, len(before) + 400)
            pad = WINDOW - len(kept)
            rows.append(kept + [fast.pad_token_id] * pad)
            positions.append([offset + i for i in range(WINDOW)])
            start = len(kept) - len(after)
            targets.append([-100] * start + kept[start:] + [-100] * pad)
        loss = model(
            input_ids=torch.tensor(rows), position_ids=torch.tensor(positions), labels=torch.tensor(targets)
        ).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_value = float(loss)
    return loss_value


def main() -> None:
    output = Path(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    fast = tokenizer()
    model = network(fast)
    loss = train(model, fast, seconds)
    model.to(torch.bfloat16).save_pretrained(output)
    fast.save_pretrained(output)
    GenerationConfig(temperature=0.6, top_p=0.95, top_k=20, eos_token_id=fast.eos_token_id).save_pretrained(output)
    chat, _ = example(random.Random(1))  # noqa: S311 - as above
    text = fast.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    print(f"loss {loss:.2f}, {len(fast(text)['input_ids'])} tokens in a small prompt")


if __name__ == "__main__":
    main()
