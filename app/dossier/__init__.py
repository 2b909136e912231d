"""The dossier of a project: one archive of all that everybody may see of it, signed, made, checked, brought elsewhere."""
