"""Bills: a month's consumption of a household, priced, kept, and shown with its arithmetic."""
