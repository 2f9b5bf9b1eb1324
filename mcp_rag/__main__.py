"""`python -m mcp_rag` is the `mcp-rag` command."""

from mcp_rag.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
