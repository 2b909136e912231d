"""The audit: whether the log, its tree and the rows that it speaks of are still what was written."""
