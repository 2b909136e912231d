"""Several real processes at once: ``python -m tests.several WHAT URL FOLDER COUNT AT`` prints their ids, and what they say.

They are forked from one process that has read the program, begin at one moment, and see the time AT. WHAT is ``tick`` (what
became due, by ``flask tick``'s own way), ``bare`` (the same functions, with nothing that keeps processes apart) or ``jobs``
(each job's number is said by whoever runs it).
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

SECRET = "for-tests-only"


def work(what: str, url: str, folder: str, at: int) -> None:
    """One process: an application of its own."""
    from app.config import Config, MailServer
    from app.core import jobs
    from app.core.clock import FixedClock
    from app.factory import create_app

    mail = MailServer("127.0.0.1", 1, "smtp+plain", "qiding@example.org")  # nobody listens there
    config = Config(url, Path(folder), SECRET, testing=True, base_url="http://localhost", mail=mail)
    app = create_app(config, FixedClock(at))

    def count(claim: jobs.Claim) -> None:
        os.write(1, f"ran {os.getpid()} {claim.arguments['n']}\n".encode())
        time.sleep(0.005)

    os.write(1, b"ready\n")
    os.read(GATE, 1)  # until whoever began us closes it
    with app.app_context():
        if what == "jobs":
            jobs.run_all({"count": count})
        elif what == "bare":
            sum(function() for function in app.extensions["qiding.ticks"])
        else:
            jobs.tick_all(app.extensions["qiding.ticks"])


if __name__ == "__main__":
    import app.factory  # noqa: F401 - read once

    WHAT, URL, FOLDER, COUNT, AT = sys.argv[1:]
    GATE, opener = os.pipe()
    pids = []
    for _ in range(int(COUNT)):
        pid = os.fork()
        if not pid:
            os.close(opener)
            try:
                work(WHAT, URL, FOLDER, int(AT))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        pids.append(pid)
        os.write(1, f"began {pid}\n".encode())
    sys.stdin.readline()  # whoever called has seen all of them ready
    os.close(opener)
    for pid in pids:
        _, status = os.waitpid(pid, 0)
        os.write(1, f"ended {pid} {os.waitstatus_to_exitcode(status)}\n".encode())
