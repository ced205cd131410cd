"""Questions asked of what is recorded; nothing is written."""
