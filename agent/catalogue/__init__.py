"""The bundled demo catalogue of films, television and music, and the tools over it."""
