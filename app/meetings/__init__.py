"""Meetings 三会 and others: called, held, written down, and their minutes confirmed by those who were there."""
