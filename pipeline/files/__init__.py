"""What comes from strangers and what is put on disk: containers, archives, atomic publication."""
