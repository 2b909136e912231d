"""The flask commands: ``flask --app wsgi …``."""

from __future__ import annotations

import importlib.util
import signal
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import func, select

from app.archive.commands import search
from app.audit.commands import audit
from app.backup.commands import backup, restore
from app.config import Config
from app.core import faults, health, jobs, logs, metrics, standing
from app.core.database import db
from app.core.i18n import force_locale, say
from app.dossier.commands import dossier, project
from app.engine.errors import DomainError, Invalid
from app.engine.method_check import check_method
from app.people.commands import roll, setup_town
from app.people.places import Community
from app.people.queries import any_community
from app.privacy.commands import erase_again, forget, privacy_notice
from app.projects.kinds import kinds
from app.projects.service import store_method

METHODS = Path(__file__).parent / "methods"


def add_commands(app: Flask) -> None:
    """Hang the commands on ``app``."""
    for command in (method, roll, audit, backup, restore, dossier, project, search, tick, worker, setup, demo, doctor):
        app.cli.add_command(command)
    for command in (forget, erase_again, privacy_notice):
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
    jobs.note_heard("jobs")
    done = jobs.tick_all(current_app.extensions["qiding.ticks"])
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
    config: Config = app.config["QIDING"]
    logs.configure(config.log)
    metrics.begin(app, standing.collector(app))
    running = jobs.start_threads(app)
    asked = 0

    def stop(_signal: int, _frame: object) -> None:
        nonlocal asked
        asked += 1
        running.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    # The present job ends first; whoever asks a second time has it given back.
    while any(thread.is_alive() for thread in running.threads) and asked < 2:
        running.threads[0].join(0.2) if asked else running.wait(0.2)
    running.end(app, 0)


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
    ("prometheus_client", "figures for Prometheus", "pip install prometheus-client"),
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
    for one in (*health.look(), *faults.look()):
        if one.good or one.needed:
            line(one.good, one.says, one.mend)
        else:
            click.echo(f"look    {one.says}: {one.mend}")
        sound &= one.good or not one.needed
    click.echo(metrics.told(config.metrics))
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
