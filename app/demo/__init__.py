"""The demonstration: an invented town whose projects stand in every step, made through the services."""
