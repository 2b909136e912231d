"""Qiding: residents fix the renewal of a shared place in seven steps."""
