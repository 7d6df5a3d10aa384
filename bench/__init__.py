"""Measured speed of the gateway's own code. ``python -m bench``; never part of the tests."""
