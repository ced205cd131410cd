"""The command line: parse, call, print, exit code; no logic."""

from pipeline.cli.entry import main

__all__ = ["main"]
