"""Tests of the evaluation tools: `python -m pytest tools/evaluation`."""
