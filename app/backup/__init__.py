"""Backups: the whole installation in one file while it runs, tried before it is needed, and put back."""
