"""The public archive: search over what everybody may see, feeds, and a calendar for each community."""
