"""A whole county to try the road on: 方正县 for 2024, played over two nights."""

from pipeline.demo.nights import Night, Pending, Play, play

__all__ = ["Night", "Pending", "Play", "play"]
