"""Nests: programs in which a loop stays a loop, from items to what runs."""
