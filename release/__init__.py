"""What leaves the house: the offline bundle."""
