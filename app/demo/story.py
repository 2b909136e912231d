"""The demonstration: an invented town, loaded through the services as if its neighbours had done it all themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from sqlalchemy import event

from app.config import ROOT, Config
from app.core import jobs
from app.core.clock import FixedClock, now
from app.core.database import db, is_sqlite
from app.demo import canopy, garden, garden_kept, garden_plan, garden_two, guixiang, hefeng, ziteng
from app.demo.drawings import draw_all
from app.demo.people import Town, found_town
from app.demo.scene import Scene
from app.demo.sign_ins import sign_ins, write_sign_ins
from app.demo.stage import Stage, Story
from app.engine.errors import Conflict
from app.engine.phrase import phrase
from app.people.queries import any_community
from app.projects.starting import store_method

__all__ = ["load_demonstration", "sign_ins"]

OPENING = -260


def load_demonstration() -> None:
    """Load the demonstration into an empty database; Conflict where there is a community already."""
    if any_community():
        raise Conflict(phrase("The town is there already."))
    config: Config = current_app.config["QIDING"]
    clock, stand_in = current_app.extensions["qiding.clock"], FixedClock(now())
    stage = Stage(stand_in)
    stand_in.set(stage.at(OPENING, 9))
    current_app.extensions["qiding.clock"] = stand_in
    try:
        with unhurried_disk(), current_app.test_request_context():
            town = found_town(stage)
            town.pictures.update(draw_all())
            stage.play(stories(town))
            jobs.run_all(current_app.extensions["qiding.jobs"])
            write_sign_ins(config, town)
    finally:
        current_app.extensions["qiding.clock"] = clock


@contextmanager
def unhurried_disk() -> Iterator[None]:
    """Let SQLite write without waiting for the disk at each of thousands of commands; the file is synced at the end."""
    engine = db.engine
    if not is_sqlite():
        yield
        return

    def open_fast(connection: object, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]

    db.session.remove()
    engine.dispose()
    event.listen(engine, "connect", open_fast)
    try:
        yield
    finally:
        event.remove(engine, "connect", open_fast)
        db.session.remove()
        engine.dispose()
        handle = os.open(engine.url.database or "", os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def stories(town: Town) -> list[Story]:
    """All stories, each waiting for its first day."""
    methods = {
        key: store_method((ROOT / "app" / "methods" / f"{key}.toml").read_text(encoding="utf-8"))
        for key in ("lift", "qiding")
    }
    qiding = methods["qiding"]
    return [
        garden_story(town, qiding),
        garden_two.story(town, qiding),
        ziteng.sandpit(town, qiding),
        ziteng.racks(town, qiding),
        canopy.story(town, qiding),
        guixiang.tables(town, qiding),
        guixiang.lift(town, methods["lift"]),
        hefeng.shed(town, qiding),
        hefeng.space(town, qiding),
        hefeng.landing(town, qiding),
    ]


def garden_story(town: Town, method: str) -> Story:
    scene = Scene(town, "ziteng", town.people["陈老师"], garden.BUILDINGS)
    yield from garden.first_steps(town, scene, method)
    yield from garden_plan.plan(town, scene)
    yield from garden_kept.keep(town, scene)
