"""The stations, in the order a figure travels; none of them imports another."""
