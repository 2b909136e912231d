"""The yardstick: a bare Flask page that renders twenty rows from the same database. ``/still`` asks nothing at all."""

from __future__ import annotations

import os

from flask import Flask, render_template_string
from sqlalchemy import create_engine, text

PAGE = """<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8"><title>Twenty rows</title></head><body><ul>
{% for row in rows %}<li><a href="/proposal/{{ row.public_id }}">{{ row.title }}</a><p>{{ row.text }}</p></li>
{% endfor %}</ul></body></html>"""
ROWS = text("SELECT public_id, title, text FROM proposal WHERE community_id = 1 ORDER BY id LIMIT 20")

app = Flask(__name__)
engine = create_engine(os.environ.get("DATABASE_URL", "sqlite://"), pool_size=20)


@app.get("/")
def rows() -> str:
    """Twenty proposals of the first community."""
    with engine.connect() as connection:
        return render_template_string(PAGE, rows=connection.execute(ROWS).all())


@app.get("/still")
def still() -> str:
    """Always the same: what the load generator and the server can do between them."""
    return "still"
