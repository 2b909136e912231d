"""Registers: typed entries of a step (a roster, minutes, money, …), each with who entered it when."""
