"""The tests, in rooms like those of the program."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The checkout: templates, documents and everything else that is no package lie below it."""
