"""Do the migrations make the tables that the models describe? Tried on a fresh SQLite database."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from flask_migrate import upgrade

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from alembic.autogenerate import compare_metadata  # noqa: E402
from alembic.migration import MigrationContext  # noqa: E402

from app.config import Config  # noqa: E402
from app.core.database import db, has_model  # noqa: E402
from app.factory import create_app  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    url = f"sqlite:///{folder}/check.db"
    app = create_app(Config(database_url=url, media_dir=Path(folder), secret="check", testing=True))
    with app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": has_model})
            differences = compare_metadata(context, db.metadata)
        db.engine.dispose()
for difference in differences:
    print(difference)
sys.exit(1 if differences else 0)
