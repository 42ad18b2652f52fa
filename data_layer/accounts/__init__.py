"""The accounts room: households, staff, meters, and who may do what."""
