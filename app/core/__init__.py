"""What every feature stands on: transactions, events and the log, outbox, jobs, media, clock, web plumbing."""
