"""Measurements, as ratios inside one run (design: the fitness figures). Run with ``make bench``."""
