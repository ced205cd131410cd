"""Chasing: who has to be reminded of what, the letters, the list to call, and sending them."""
