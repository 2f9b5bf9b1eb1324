"""mcp-rag: an MCP server that gives an agent a memory of errors.

Importing the package loads nothing heavy; faces (`cli`, `server`) import what they need when they need it.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
