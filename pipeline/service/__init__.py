"""The night as a service: its log, its schedule, backup and restore, and the check of the machine."""
