"""The proof of a vote: signed checkpoints of the log, receipts, bundles, and the check that needs nothing of ours."""
