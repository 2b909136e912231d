"""Are the catalogues complete? Exit status 1, with one line for each fault."""

from __future__ import annotations

import sys

from catalogues import LANGUAGES, faults

found = [sentence for language in LANGUAGES for sentence in faults(language)]
for sentence in found[:60]:
    print(sentence)
sys.exit(1 if found else 0)
