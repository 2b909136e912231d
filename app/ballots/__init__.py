"""Votes: a decision, its polls, the frozen roll, and ballots under random slots."""
