"""Bugs that somebody could have written, to find out whether the tests would notice."""
