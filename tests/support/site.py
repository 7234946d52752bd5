"""The site built for tests, and served as any server would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.places import DOCS, environment


def sphinx(builder: str, out: Path) -> subprocess.CompletedProcess[str]:
    """Run a builder over docs/; builders share what they read."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "--keep-going", "-b", builder]
    return run(*command, "-d", str(out.parent / "doctrees"), str(DOCS), str(out))


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    known = environment(**variables)
    return subprocess.run(command, capture_output=True, text=True, env=known)


def on_pure() -> bool:
    return os.environ.get("SCALARGRAD_ENGINE") == "pure"


def whole(out: Path) -> str:
    """Build the site with Play; return why that cannot be, or ""."""
    if on_pure():
        return "Play brings its own Python: it is tested where the pure engine is not asked for"
    absent = [program for program in ("bash", "node", "npm") if shutil.which(program) is None]
    if absent:
        return f"{' and '.join(absent)} not found: apt-get install nodejs npm"
    options = f"--keep-going -d {out.parent / 'doctrees'}"
    script = str(DOCS / "build.sh")
    done = run("bash", script, str(out), PYTHON=sys.executable, SPHINXOPTS=options)
    return f"docs/build.sh: {done.stderr[-2000:]}" if done.returncode else ""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *about: object) -> None:
        pass


class Generous(Quiet):
    """Lets pages of all other servers read its files."""

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


class Server(ThreadingHTTPServer):
    def handle_error(self, *about: object) -> None:
        """Browsers that close leave files half sent."""


@contextmanager
def served(folder: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """The address under which a folder is served on this machine."""
    server = Server(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
