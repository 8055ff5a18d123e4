"""A local HTTP server with RestBench's operations of TMDB and Spotify over the bundled catalogue: `demo-api`.

FastAPI and uvicorn are imported here and nowhere else.
"""
