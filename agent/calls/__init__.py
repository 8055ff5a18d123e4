"""Tool calls as data: what a tool looks like, its stub in the kernel, the seven categories of its feedback.

One file per concern: `categories`, `spec`, `stubs`, `syntax` (calls written as Python, read and written).
`train` may import this package; nothing here runs a tool.
"""
