"""Personal data: what is kept of somebody, taken along or erased; how long things are kept; what everybody is told of it."""
