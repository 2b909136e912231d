"""Worlds to measure with: a block, a town, a city, or discussions that were really held. See docs/decisions/0023-the-measure.md."""
