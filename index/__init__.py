"""The sorted index over all readings: no I/O but its snapshot, no accounts, no Dash."""
