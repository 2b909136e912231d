"""Worlds to measure with: a block, a town, a city, or talks that were really held: docs/decisions/0023-the-measure.md."""
