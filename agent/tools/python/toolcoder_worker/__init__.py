"""What runs in the process of a person's Python tools, under the interpreter that they name.

The standard library only (pydantic where it is there), Python 3.9 or later: that interpreter has other packages than
ours. Our own process uses the same code for the functions of the catalogue, so that there is one reading of a function.
"""
