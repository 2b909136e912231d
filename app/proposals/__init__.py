"""Proposals: what people want to be done, with history, support, and an answer to each."""
