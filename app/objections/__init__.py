"""The objection desk: each objection has one page, from raised to its end."""
