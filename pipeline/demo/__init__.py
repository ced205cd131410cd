"""A whole county to try the road on: 方正县 for 2024, played over two nights."""

from pipeline.demo.nights import DemoNight, Pending, Play, play

__all__ = ["DemoNight", "Pending", "Play", "play"]
