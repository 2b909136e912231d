"""Open data: what the public pages show, as JSON and CSV, the same for everybody; nothing here looks at who asks."""
