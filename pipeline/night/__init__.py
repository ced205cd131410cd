"""The night: the whole road in order, what it costs, what is recorded of it, and the closing of a year."""
