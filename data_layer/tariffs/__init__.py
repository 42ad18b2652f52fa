"""What energy costs: tariffs, their versions, and the one engine that applies them."""
