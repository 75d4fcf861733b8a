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

# A command may compute for so long, and wait five times as long: other processes of the machine are no fault of it.
SECONDS = 60
# Commands that leave nothing to the next one, neither settings nor threads nor locks, unless an option says so.
LAPPED = {"summary", "predict", "evaluate", "fit", "export", "import", "report", "logs", "watch"}
LASTING = {"--memory", "--run", "--backup", "--data"}


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
    """The command, with limits. `warming` are commands that a server runs in itself before it makes copies."""

    def __init__(self, path, mebibytes, preload=None):
        self.path, self.mebibytes = str(Path(path).resolve()), mebibytes
        self.preload, self.servers, self.warming = preload, threading.local(), []
        options = "exitcode=99:abort_on_error=0:detect_leaks=0:allocator_may_return_null=1:handle_sigill=0"
        self.environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", MARTLET_NUM_THREADS="2", ASAN_OPTIONS=options)

    def start(self, arguments, **others):
        words = [self.path] + [str(a) for a in arguments]
        return subprocess.Popen(words, env=self.environment, stdin=subprocess.DEVNULL, **others)

    def run(self, arguments, stdout=subprocess.DEVNULL, prepare=None, forks=False):
        """Runs a command to its end. With `forks` the process is a copy of one that has run others, if that can be."""
        if forks and self.preload:
            place = "lap" if arguments[0] in LAPPED and LASTING.isdisjoint(map(str, arguments)) else "copy"
            return self.server(place).run(arguments)
        with tempfile.TemporaryFile() as errors:
            # A limit on files would be one on this file, too.
            process = self.start(arguments, stdout=stdout, stderr=subprocess.PIPE if prepare else errors, preexec_fn=prepare)
            begun, limit, most = time.monotonic(), None, 0.0
            while process.poll() is None:
                most = max(most, resident(process.pid))
                if limit := exceeded(process.pid, time.monotonic() - begun, most, self.mebibytes, arguments):
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


    def server(self, place):
        """The server of the calling thread for `copy` or `lap`, a new one where the last one has died."""
        server = getattr(self.servers, place, None)
        if server is None or server.process.poll() is not None:
            server = Server(self, place)
            setattr(self.servers, place, server)
        return server


class Server:
    """A command that has run those for its warming, and copies itself for each run (fork-server.c)."""

    def __init__(self, martlet, place):
        self.mebibytes, self.place = martlet.mebibytes, place
        self.errors = tempfile.NamedTemporaryFile(prefix="martlet-torture-errors-")
        # Without a buffer, in which an answer could lie while it is waited for.
        environment = dict(martlet.environment, LD_PRELOAD=martlet.preload, OPENBLAS_NUM_THREADS="1")
        self.process = subprocess.Popen(
            [martlet.path], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            bufsize=0)
        for arguments in martlet.warming:
            self.ask("here", arguments)
            status = self.answer() and self.answer()
            if status != ("s", 0):
                text = Path(self.errors.name).read_text(errors="replace")
                raise SystemExit(f"Expected {arguments[0]} to work: status {status}, {text}")

    def ask(self, place, arguments):
        words = [place, self.errors.name] + [str(a) for a in arguments]
        if any("\t" in word or "\n" in word for word in words):
            raise ValueError("Expected arguments without tabs and line ends.")
        self.process.stdin.write("".join(word + "\t" for word in words).encode("utf-8", "surrogateescape") + b"\n")

    def answer(self):
        """What the server says, `p` or `s` and a number; nothing when it has ended."""
        words = self.process.stdout.readline().decode().split()
        return (words[0], int(words[1])) if words else None

    def next(self):
        words = self.answer()
        if words is None:
            raise SystemExit(f"Expected a server that goes on. It ended: {self.process.wait()}")
        return words

    def run(self, arguments):
        self.ask(self.place, arguments)
        left = None
        while (said := self.next())[0] == "s":
            left = os.waitstatus_to_exitcode(said[1])
        pid, begun, limit, most = said[1], time.monotonic(), None, 0.0
        answer = [self.process.stdout]
        pause = 0.005
        while not select.select(answer, [], [], pause)[0]:
            pause = min(0.05, pause * 1.5)
            most = max(most, resident(pid))
            if limit := exceeded(pid, time.monotonic() - begun, most, self.mebibytes, arguments):
                os.kill(pid, signal.SIGKILL)
                break
        code = os.waitstatus_to_exitcode(self.next()[1])
        text = Path(self.errors.name).read_bytes().decode("utf-8", "replace")
        outcome = judged(code, text, limit)
        if outcome.fault and not text.strip() and not limit:
            outcome.fault += f" ({arguments[0]})"
        if left is not None and outcome.fault is None:
            outcome.kind, outcome.fault = "left", f"something that a command before left has ended the process: {left}"
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


def exceeded(pid, seconds, mebibytes, most, arguments):
    """What limit a process is above, or None."""
    if mebibytes > most:
        return f"memory above {most} MiB: {arguments[0]}"
    if seconds > SECONDS and (seconds > 5 * SECONDS or computed(pid) > SECONDS):
        return f"hang of over {SECONDS} s: {arguments[0]}"
    return None


def computed(pid):
    """The seconds that a process has computed, on all its threads."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


def resident(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError, ValueError):
        return 0.0
