"""Kernels that run generated code."""
