"""Tools from OpenAPI 3.0 and 3.1 documents: each operation becomes a typed Python function.

Heavy libraries (httpx, openapi-pydantic) are imported here, and this package only where a source is `openapi:`.
"""
