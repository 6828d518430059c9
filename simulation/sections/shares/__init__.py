"""Shares of options and points of items, before the talk and after it."""
