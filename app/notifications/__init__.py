"""Messages as people read them; the outbox itself is core's."""
