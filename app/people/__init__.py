"""Who and where: communities and their places, the roll of households, persons and roles, sign-in."""
