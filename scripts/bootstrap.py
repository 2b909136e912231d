"""Make .venv with the locked dependencies of a purpose: ``python3 scripts/bootstrap.py run|test|dev``.

Written for any Python 3, so that an old one can be told what is wrong. Does nothing when the lock has not changed.
"""

import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LEVELS = ("run", "test", "dev")


def fail(sentence):
    """Say in one line what is wrong and how to mend it."""
    sys.stderr.write(sentence + "\n")
    sys.exit(1)


def lock_of(purpose):
    """The path of the lock file."""
    return os.path.join(ROOT, "requirements", purpose + ".txt")


def digest(path):
    """A file's SHA-256."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def stamp_of(purpose):
    """Where it is noted which lock was installed."""
    return os.path.join(VENV, "qiding-" + purpose + ".sha256")


def installed(purpose):
    """Whether this lock, or a wider one that contains it, is installed as it stands now."""
    for level in LEVELS[LEVELS.index(purpose) :]:
        try:
            with open(stamp_of(level)) as file:
                if file.read() == digest(lock_of(level)):
                    return True
        except OSError:
            pass
    return False


def main(purpose):
    """Create the environment where needed and install the lock into it."""
    if sys.version_info < (3, 11):
        fail(
            "Qiding needs Python 3.11 or newer; this is %d.%d. Install python3.11 and run: make PYTHON=python3.11 run"
            % sys.version_info[:2]
        )
    python = os.path.join(VENV, "bin", "python")
    if not os.path.exists(python):
        try:
            import ensurepip  # noqa: F401
            import venv
        except ImportError:
            fail("Python's venv module is missing. On Debian or Ubuntu: sudo apt install python3-venv")
        print("Making .venv ...")
        try:
            venv.EnvBuilder(with_pip=True, clear=True).create(VENV)
        except (OSError, subprocess.CalledProcessError) as error:
            fail("The virtual environment could not be made (%s). Is there space, and is the folder writable?" % error)
    if installed(purpose):
        return
    wanted = [lock_of(purpose)]
    if purpose == "run" and (os.environ.get("DATABASE_URL", "").startswith("postgres") or os.environ.get("REDIS_URL")):
        wanted = [lock_of("test")]
    print("Installing the locked dependencies (%s) ..." % purpose)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    for lock in wanted:
        command += ["-r", lock]
    if subprocess.call(command) != 0:
        fail("The dependencies could not be installed. Is the network there? Try again: make " + purpose)
    with open(stamp_of(purpose), "w") as file:
        file.write(digest(lock_of(purpose)))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LEVELS:
        fail("usage: bootstrap.py run|test|dev")
    main(sys.argv[1])
