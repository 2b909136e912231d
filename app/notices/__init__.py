"""Public notices 公示: a frozen text on the board for a period, and complaints against it."""
