"""The ToolCoder agent: loop, models, prompts, tools, function repository and session log.

Importing this package is cheap; heavy libraries are imported where they are first needed.
"""
