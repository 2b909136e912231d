"""Reading the roll of households from the spreadsheet that a property company sends. No Flask, no database."""

from app.people.rollfile.rows import BadRow, Parsed, RollRow, canonical_digest, parse
from app.people.rollfile.table import read_table

__all__ = ["BadRow", "Parsed", "RollRow", "canonical_digest", "parse", "read_table"]
