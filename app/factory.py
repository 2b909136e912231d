"""create_app(): the one place where the modules are listed."""

from __future__ import annotations

from flask import Flask
from flask_migrate import Migrate

from app.api.module import api
from app.archive.module import archive
from app.ballots.module import ballots
from app.comments.module import comments
from app.config import ROOT, Config
from app.core import jobs, logs, metrics, standing
from app.core.clock import Clock, SystemClock
from app.core.database import db, engine_options, prepare_engine
from app.core.health import Door
from app.core.i18n import init_i18n
from app.core.module import Module
from app.core.observe import init_observe
from app.core.pages import init_pages
from app.core.replica import binds, init_replica
from app.core.shared import init_shared
from app.core.static import init_static
from app.core.transaction import end_reads
from app.core.version import keep_versions
from app.core.web import init_web
from app.dossier.module import dossier
from app.meetings.module import meetings
from app.notices.module import notices
from app.notifications.module import notifications
from app.objections.module import objections
from app.office.module import office
from app.paper.module import paper
from app.people.confirm import init_confirm
from app.people.module import people
from app.people.readers import init_readers
from app.people.session import init_notes, init_sessions
from app.privacy.module import privacy
from app.projects.kinds import register_kinds
from app.projects.module import projects
from app.proof.module import proof
from app.proposals.module import proposals
from app.records.module import records
from app.registers.module import registers
from app.removals.module import removals
from app.site.module import site

MODULES: tuple[Module, ...] = (
    people,
    projects,
    comments,
    proposals,
    ballots,
    objections,
    paper,
    registers,
    notices,
    meetings,
    proof,
    records,
    office,
    notifications,
    removals,
    privacy,
    site,
    archive,
    api,
    dossier,
)


def create_app(config: Config | None = None, clock: Clock | None = None) -> Flask:
    """Build the application from its configuration; ``clock`` is the machine's unless another is given."""
    config = config or Config.from_env()
    options = engine_options(config)
    app = Flask("app", root_path=str(ROOT / "app"))
    app.config.update(
        QIDING=config,
        SECRET_KEY=config.secret,
        TESTING=config.testing,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=options,
        SQLALCHEMY_BINDS=binds(config, options),
    )
    app.extensions["qiding.clock"] = clock or SystemClock()
    app.extensions["qiding.create"] = create_app  # for commands that look into another database than this one's
    app.extensions["qiding.modules"] = MODULES
    app.extensions["qiding.unkept"] = frozenset().union(*(module.unkept for module in MODULES))
    app.extensions["qiding.ticks"] = tuple(function for module in MODULES for function in module.tick)
    app.extensions["qiding.checks"] = tuple(check for module in MODULES for check in module.checks)
    app.extensions["qiding.outside"] = tuple(function for module in MODULES for function in module.outside)
    db.init_app(app)
    prepare_engine(app)
    end_reads(app)
    keep_versions(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
    init_observe(app, config)
    init_shared(app, config)
    init_i18n(app)
    init_notes(app)
    init_pages(app, config)  # before whatever looks at a request, after whatever looks at an answer
    init_web(app, config)
    init_static(app)
    init_sessions(app)
    init_readers(app)
    init_confirm(app, MODULES)
    register_kinds(app, MODULES)
    for module in MODULES:
        for blueprint in module.blueprints:
            app.register_blueprint(blueprint)
    handlers = {kind: handler for module in MODULES for kind, handler in module.jobs.items()}
    app.extensions["qiding.jobs"] = handlers
    init_replica(app, db, config)
    from app.cli import add_commands

    add_commands(app)
    app.wsgi_app = Door(app.wsgi_app, app)  # type: ignore[method-assign]
    return app


def serve(app: Flask) -> Flask:
    """What a web process does besides answering: write its log, count, and run jobs where the settings say so."""
    config: Config = app.config["QIDING"]
    logs.configure(config.log)
    metrics.begin(app, standing.collector(app))
    if config.jobs_in_thread:
        app.extensions["qiding.running"] = jobs.start_threads(app)
    return app


def finish(app: Flask, patience: float) -> None:
    """What a web process does last, once its requests are answered: the job it runs ends, or is given back."""
    running: jobs.Running | None = app.extensions.get("qiding.running")
    if running is not None:
        running.end(app, patience)
