"""What the law bids remove: blanked with who, when and on what ground, and every hash still holds."""
