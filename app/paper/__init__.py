"""Votes on paper and helped votes: numbered sheets, their entry by two, their account, the drawn sample."""
