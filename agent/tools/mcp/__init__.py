"""MCP servers as sources of tools, over stdio and streamable HTTP, through the official SDK."""
