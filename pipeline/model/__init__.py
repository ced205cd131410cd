"""The small frozen types that travel between the stations."""
