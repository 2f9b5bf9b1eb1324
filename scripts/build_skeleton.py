"""Write the graph skeleton that ships in the package: `python scripts/build_skeleton.py` (needs no onnx package)."""

from __future__ import annotations

from pathlib import Path

from mcp_rag.embedding import skeleton


def main() -> None:
    """Write `mcp_rag/embedding/data/all-MiniLM-L6-v2.onnx` and say how large it is."""
    target = Path(__file__).parents[1] / "mcp_rag" / "embedding" / "data" / skeleton.SHIPPED
    target.parent.mkdir(exist_ok=True)
    size_bytes = target.write_bytes(skeleton.write(skeleton.MINILM))
    print(f"{target.name}: {size_bytes} bytes")


if __name__ == "__main__":
    main()
