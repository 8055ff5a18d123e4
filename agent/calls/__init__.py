"""Tool calls as data: what a tool looks like, its stub in the kernel, the seven categories of its feedback.

`train` may import this package; nothing here runs a tool.
"""
