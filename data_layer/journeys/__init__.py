"""What spans rooms: import a file, end the day, create a demo home."""
