"""Files that come in and go out: containers, archives, atomic publication."""
