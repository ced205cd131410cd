"""The road a figure travels."""
