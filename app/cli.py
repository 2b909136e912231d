"""The flask commands: ``flask --app wsgi …``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import func, select, text

from app.archive.commands import search
from app.audit.commands import audit
from app.config import Config
from app.core import jobs
from app.core.database import db
from app.core.i18n import force_locale, say
from app.dossier.commands import dossier, project
from app.engine.errors import DomainError, Invalid
from app.engine.method_check import check_method
from app.people.commands import roll, setup_town
from app.people.places import Community
from app.people.queries import any_community
from app.projects.kinds import kinds
from app.projects.service import store_method

METHODS = Path(__file__).parent / "methods"


def add_commands(app: Flask) -> None:
    """Hang the commands on ``app``."""
    for command in (method, roll, audit, dossier, project, search, tick, worker, setup, demo, doctor):
        app.cli.add_command(command)


method = AppGroup("method", help="Method files.")


@method.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Say what is wrong in a method FILE, by line and key."""
    try:
        source = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not UTF-8") from None
    problems = check_method(source, kinds().catalogue)
    for problem in problems:
        click.echo(f"{file}:{problem.line}: {problem.key}: {problem.message}")
    if problems:
        raise SystemExit(1)
    click.echo(f"{file}: nothing wrong")


@method.command("store")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def store(file: Path) -> None:
    """Check a method FILE and store it as the version that new projects start with."""
    problems = check_method(file.read_text(encoding="utf-8"), kinds().catalogue)
    if problems:
        raise click.ClickException(f"flask method check {file} finds {len(problems)} problems; nothing was stored")
    click.echo(store_method(file.read_text(encoding="utf-8")))


def store_shipped_methods() -> None:
    """Store the method files that come with the program; those already there stay one version."""
    for file in sorted(METHODS.glob("*.toml"), reverse=True):
        store_method(file.read_text(encoding="utf-8"))


@click.command()
@with_appcontext
def tick() -> None:
    """Send what became due. Nothing depends on it to be right; the web process does it too, every half minute."""
    done = sum(function() for function in current_app.extensions["qiding.ticks"])
    done += jobs.run_all(current_app.extensions["qiding.jobs"])
    done += sum(function() for function in current_app.extensions["qiding.outside"])
    click.echo(f"{done} done")


@click.command()
@click.option("--once", is_flag=True, help="Run what is due and stop.")
@with_appcontext
def worker(once: bool) -> None:
    """Run jobs until stopped."""
    handlers = current_app.extensions["qiding.jobs"]
    if once:
        click.echo(f"{jobs.run_all(handlers)} jobs run")
        return
    click.echo("waiting for jobs; stop with Ctrl-C")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    stop = jobs.start_threads(app)
    try:
        while not stop.wait(3600):
            pass
    except KeyboardInterrupt:
        stop.set()


@click.command()
@click.option("--town", prompt="Name of the town")
@click.option("--slug", prompt="Short name of the first community for addresses, such as ziteng")
@click.option("--community", prompt="Name of the first community")
@click.option("--email", prompt="E-mail of the first administrator")
@click.option("--name", prompt="Name of the first administrator")
@click.password_option()
@with_appcontext
def setup(town: str, slug: str, community: str, email: str, name: str, password: str) -> None:
    """Start without the demonstration: the town, its first community, its first administrator."""
    if db.session.scalar(select(func.count()).select_from(Community)):
        raise click.ClickException("there are communities already; sign in as administrator to add more")
    try:
        setup_town(town, slug, community, email, name, password)
    except DomainError as error:
        with force_locale("en"):
            fields = error.fields if isinstance(error, Invalid) else {}
            details = "; ".join(f"{key}: {say(sentence)}" for key, sentence in fields.items())
            raise click.ClickException(f"{say(error.message)} {details}".strip()) from None
    store_shipped_methods()
    click.echo(f"Ready. Sign in at /sign-in/staff as {email}, and import the roll at /c/{slug}/roll.")


@click.command()
@with_appcontext
def demo() -> None:
    """Load the demonstration into an empty database, and say how to sign in."""
    from app.demo.story import load_demonstration, sign_ins  # read by nobody else: its texts are long

    if any_community():
        raise click.ClickException("there are communities already; the demonstration needs an empty database")
    load_demonstration()
    click.echo(sign_ins(current_app.config["QIDING"]))


OPTIONAL = (
    ("psycopg", "PostgreSQL", "pip install 'psycopg[binary]'"),
    ("redis", "Redis, for limits shared by many hosts", "pip install redis"),
    ("webauthn", "passkeys for the staff", "pip install webauthn"),
    ("typst", "printed sheets as PDF", "pip install typst"),
    ("pylopdf_fonts_zh_cn", "fonts of printed sheets", "pip install pylopdf-fonts-zh-cn"),
    ("playwright", "tests in a browser", "pip install pytest-playwright, and Debian's chromium package"),
)


@click.command()
@with_appcontext
def doctor() -> None:
    """Name what is missing, and how to get it. Exit status 1 when a necessary part is."""
    config: Config = current_app.config["QIDING"]
    sound = True

    def line(good: bool, what: str, mend: str = "") -> None:
        click.echo(f"{'ok     ' if good else 'MISSING'} {what}{'' if good or not mend else ': ' + mend}")

    good = sys.version_info >= (3, 11)
    line(good, f"Python {sys.version.split()[0]}", "3.11 or newer is needed")
    sound &= good
    try:
        db.session.execute(text("select 1"))
        revision = db.session.execute(text("select version_num from alembic_version")).scalar()
        line(True, f"database {db.engine.dialect.name}, revision {revision}")
    except Exception as error:
        db.session.rollback()
        line(False, f"database ({type(error).__name__})", "flask --app wsgi db upgrade, and DATABASE_URL set right")
        sound = False
    try:
        config.media_dir.mkdir(parents=True, exist_ok=True)
        probe = config.media_dir / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
        line(True, f"media in {config.media_dir}")
    except OSError as error:
        line(False, f"media in {config.media_dir}", error.strerror or "make the folder writable")
        sound = False
    mails = "set QIDING_SMTP_URL and QIDING_MAIL_FROM" if config.mail is None else "set BASE_URL: links in it need it"
    click.echo("ok      e-mail is set up" if config.mails else f"absent  e-mail (optional): {mails}")
    named = bool(config.trusted_hosts)
    click.echo("ok      host names are checked" if named else "absent  TRUSTED_HOSTS: any host name is answered")
    if config.second_factor != "required":
        click.echo("absent  a second factor is offered, not asked of anybody: QIDING_SECOND_FACTOR=required")
    for package, what, how in OPTIONAL:
        found = importlib.util.find_spec(package) is not None
        click.echo(f"{'ok     ' if found else 'absent '} {what} (optional){'' if found else ': ' + how}")
    if not sound:
        raise SystemExit(1)
