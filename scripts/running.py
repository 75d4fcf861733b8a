"""Runs the command `martlet` on what may harm it, and says what became of it."""
import os
import re
import select
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

SECONDS = 60


class Outcome:
    """What became of one command: `kind` is a word for the counts; `fault` says what is wrong, or is None."""

    def __init__(self, kind, fault=None, error="", seconds=0.0, mebibytes=0.0):
        self.kind, self.fault, self.error, self.seconds, self.mebibytes = kind, fault, error, seconds, mebibytes


def fatal_line(text):
    """The first line that names a reason, with numbers and paths taken out, so that equal reasons count together."""
    for pattern in (r"SUMMARY: .*", r"Martlet: .*", r"Fatal error: .*", r".*[Oo]ut of memory.*", r".*terminat.*"):
        found = re.search(pattern, text)
        if found:
            return re.sub(r'"[^"]*"|\[[^\]]*\]|/[\w./-]+|-?\d[\d.e+-]*', "#", found[0])[:160]
    return (text.strip().splitlines() or ["nothing on standard error"])[-1][:160]


def judged(code, error, limit=None):
    if limit:
        return Outcome(limit.split()[0], limit, error)
    if code < 0:
        return Outcome("signal", f"{signal.Signals(-code).name}: {fatal_line(error)}", error)
    if code == 99:
        return Outcome("sanitizer", fatal_line(error), error)
    lines = error.strip().splitlines()
    if code in (1, 64):
        if not lines or not lines[-1].startswith("error: "):
            return Outcome("no line", f"code {code}, and the last line is no error: {fatal_line(error)}", error)
        if len(lines[-1]) > 4000:
            return Outcome("long line", f"an error line of {len(lines[-1])} characters", error)
        return Outcome("refused" if code == 1 else "usage", None, error)
    if code != 0:
        return Outcome("code", f"exit code {code}: {fatal_line(error)}", error)
    return Outcome("done", None, error)


class Martlet:
    def __init__(self, path, mebibytes, preload=None):
        self.path, self.mebibytes = str(Path(path).resolve()), mebibytes
        self.preload, self.servers = preload, threading.local()
        options = "exitcode=99:abort_on_error=0:detect_leaks=0:allocator_may_return_null=1:handle_sigill=0"
        self.environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", MARTLET_NUM_THREADS="2", ASAN_OPTIONS=options)

    def start(self, arguments, **others):
        words = [self.path] + [str(a) for a in arguments]
        return subprocess.Popen(words, env=self.environment, stdin=subprocess.DEVNULL, **others)

    def run(self, arguments, stdout=subprocess.DEVNULL, prepare=None, forks=False):
        """Runs a command to its end. With `forks` the process is a copy of one that waits before its `main`, if that can be."""
        if forks and (server := self.server()):
            return server.run(arguments)
        with tempfile.TemporaryFile() as errors:
            # A limit on files would be one on this file, too.
            process = self.start(arguments, stdout=stdout, stderr=subprocess.PIPE if prepare else errors, preexec_fn=prepare)
            begun, limit, most = time.monotonic(), None, 0.0
            while process.poll() is None:
                most = max(most, resident(process.pid))
                if time.monotonic() - begun > SECONDS:
                    limit = f"hang of over {SECONDS} s: {arguments[0]}"
                elif most > self.mebibytes:
                    limit = f"memory above {self.mebibytes} MiB: {arguments[0]}"
                if limit:
                    process.kill()
                    process.wait()
                    break
                time.sleep(0.01)
            errors.seek(0)
            text = (process.stderr or errors).read().decode("utf-8", "replace")
            outcome = judged(process.returncode, text, limit)
            if outcome.fault and not text.strip() and not limit:
                outcome.fault += f" ({arguments[0]})"
        outcome.seconds, outcome.mebibytes = time.monotonic() - begun, most
        return outcome


    def server(self):
        """The server of the calling thread, a new one where the last one has died."""
        if self.preload is None:
            return None
        server = getattr(self.servers, "server", None)
        if server is None or server.process.poll() is not None:
            server = self.servers.server = Server(self)
        return server


class Server:
    """A command before its `main`, which copies itself for each run (fork-server.c)."""

    def __init__(self, martlet):
        self.mebibytes = martlet.mebibytes
        self.errors = tempfile.NamedTemporaryFile(prefix="martlet-torture-errors-")
        # Without a buffer, in which an answer could lie while it is waited for.
        environment = dict(martlet.environment, LD_PRELOAD=martlet.preload, OPENBLAS_NUM_THREADS="1")
        self.process = subprocess.Popen(
            [martlet.path], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            bufsize=0)

    def run(self, arguments):
        words = [self.errors.name] + [str(a) for a in arguments]
        if any("\t" in word or "\n" in word for word in words):
            raise ValueError("Expected arguments without tabs and line ends.")
        self.process.stdin.write("".join(word + "\t" for word in words).encode("utf-8", "surrogateescape") + b"\n")
        self.process.stdin.flush()
        pid, begun, limit, most = int(self.process.stdout.readline()), time.monotonic(), None, 0.0
        answer = [self.process.stdout]
        pause = 0.005
        while not select.select(answer, [], [], pause)[0]:
            pause = min(0.05, pause * 1.5)
            most = max(most, resident(pid))
            if time.monotonic() - begun > SECONDS:
                limit = f"hang of over {SECONDS} s: {arguments[0]}"
            elif most > self.mebibytes:
                limit = f"memory above {self.mebibytes} MiB: {arguments[0]}"
            if limit:
                os.kill(pid, signal.SIGKILL)
                break
        code = os.waitstatus_to_exitcode(int(self.process.stdout.readline()))
        text = Path(self.errors.name).read_bytes().decode("utf-8", "replace")
        outcome = judged(code, text, limit)
        if outcome.fault and not text.strip() and not limit:
            outcome.fault += f" ({arguments[0]})"
        outcome.seconds, outcome.mebibytes = time.monotonic() - begun, most
        return outcome


def preload_of(scratch):
    """The library of the server, or None without a C compiler."""
    library = Path(scratch, "fork-server.so")
    source = Path(__file__).resolve().parent / "fork-server.c"
    try:
        made = subprocess.run(["cc", "-shared", "-fPIC", "-O1", source, "-o", library, "-ldl"], stderr=subprocess.DEVNULL)
    except OSError:
        return None
    return str(library) if made.returncode == 0 else None


def resident(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError, ValueError):
        return 0.0
