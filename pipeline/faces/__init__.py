"""Other faces of a recorded night: every unit's own report, the page for the web, open data, material to write from."""
