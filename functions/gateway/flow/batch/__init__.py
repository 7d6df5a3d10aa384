"""Batches: taken in, surveyed, worked off in parts, reported on, canceled, watched."""
