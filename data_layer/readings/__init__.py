"""The readings room: what a reading is, `operations` the one way in, `queries` the way out."""
