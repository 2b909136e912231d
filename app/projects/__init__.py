"""Projects: a place on its way through a method's steps, its gates, and the facilitator's console."""
