"""Bytes, lines and files that survive a power cut; knows no electricity."""
