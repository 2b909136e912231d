"""The door for web servers and for ``flask --app wsgi``."""

import sys

from app.config import MissingPackage
from app.factory import create_app

try:
    app = create_app()
except (MissingPackage, ValueError) as error:  # a setting that is wrong: one line, and no trace
    print(error, file=sys.stderr)
    raise SystemExit(4) from None  # by which gunicorn knows not to try again
