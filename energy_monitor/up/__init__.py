"""`energy-monitor up`: everything at once, from nothing to a filled dashboard, and ended whole."""
