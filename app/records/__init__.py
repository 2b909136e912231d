"""Outcome records: what a step leaves, frozen at its close, verifiable for ever; and the archive."""
