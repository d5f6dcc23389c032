"""latlab from Python: one file, the standard library only, numpy arrays where numpy is there.

    from latlab import Session
    with Session() as lab:
        lab.run("model load fpga.safetensors")
        p = lab.predict("fpga", candidates)         # strings of any architectures of the space
        best = min(zip(p.ms, p.archs))

A Session is a `latlab --json -` of its own: commands go in, events come out, the state lives there until close().
"""

import collections
import json
import os
import subprocess
import tempfile

try:
    import numpy
except ImportError:
    numpy = None

__all__ = ["Session", "Error", "Prediction", "quote"]

BATCH = 50000  # architectures a command; latlab answers up to 100,000 in full

# Lists (numpy arrays of float64, nan where there is none) in the order of the architectures; archs in canonical form.
Prediction = collections.namedtuple("Prediction", "archs ms lo_ms hi_ms score")


class Error(Exception):
    """A command failed, or latlab did: its sentence. `code` is latlab's exit status for it (README, Scripts)."""

    def __init__(self, message, code=1):
        super().__init__(message)
        self.code = code


def quote(word):
    """One word of a command line, whatever characters it has."""
    escaped = "".join("\\x%02x" % ord(c) if c < " " else "\\" + c if c in '"\\=' else c for c in word)
    return '"%s"' % escaped


class Run:
    """The events of one command line as they come: dicts, see core/app/request.h. At the end of a line that failed
    Error is raised; what nobody reads is read before the next command."""

    def __init__(self, session):
        self._session, self._done, self._error = session, False, None

    def __iter__(self):
        while not self._done:
            event = self._session._read()
            if event["event"] == "ready":
                self._done = True
                break
            if event["event"] == "error":
                self._error = event["message"]
            elif event["event"] == "end" and event["code"]:
                self._error = Error(self._error or event["status"], event["code"])
            yield event
        if isinstance(self._error, Error):
            error, self._error = self._error, None
            raise error

    def results(self, kind=None):
        """The results, or those of one kind ("eval", "predictions", ...)."""
        return [e for e in list(self) if e["event"] == "result" and kind in (None, e["kind"])]


class Session:
    """latlab as a process. `program` is looked up as usual; further arguments are latlab's (--data=DIR, --threads=N)."""

    def __init__(self, *arguments, program="latlab"):
        self._last = self._process = None
        self._log = tempfile.TemporaryFile()
        try:
            # a signal of the terminal is Python's: KeyboardInterrupt ends the with-block, and that ends latlab
            self._process = subprocess.Popen(
                [program, "--json", "--keep-going", *arguments, "-"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=self._log, encoding="utf-8", start_new_session=True)
        except OSError:
            self._log.close()
            raise

    def run(self, line):
        """Sends a command line (also several, joined by ';') and returns its events, to be iterated over."""
        self._finish()
        if self._process is None:
            raise Error("this session is closed")
        if "\n" in line:
            raise Error("a command line is one line", 2)
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError:
            raise self._dead() from None
        self._last = Run(self)
        return self._last

    def predict(self, device, archs, predictor=None, level=0.9):
        """Latencies of any architectures, in their order, with intervals at that level."""
        if isinstance(archs, (str, bytes)):
            raise TypeError("a list of architectures was expected, not one text")
        parts, batch = [], []
        for arch in archs:
            batch.append(arch)
            if len(batch) == BATCH:
                parts.append(self._predict(device, batch, predictor, level))
                batch = []
        if batch or not parts:
            parts.append(self._predict(device, batch, predictor, level))
        columns = [[x for part in parts for x in part[name]] for name in Prediction._fields]
        columns[1:] = [[float("nan") if x is None else x for x in c] for c in columns[1:]]
        if numpy is not None:
            columns[1:] = [numpy.array(c, dtype=numpy.float64) for c in columns[1:]]
        return Prediction(*columns)

    def search(self, devices, **options):
        """The architecture to deploy: the result of the command `search`, a dict. Options are the command's, as in
        search("fpga", max=5, score="cifar10") or search(["fpga", "pixel2"], **{"max:pixel2": 20})."""
        names = [devices] if isinstance(devices, str) else list(devices)
        words = ["search", ",".join(quote(name) for name in names)]
        words += [name + "=" + quote(str(value)) for name, value in options.items()]
        return self.run(" ".join(words)).results("search")[-1]

    def close(self):
        """Ends latlab; a command that still runs is cancelled."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._last is not None and not self._last._done:
            process.terminate()
        for stream in (process.stdin, process.stdout):
            try:
                stream.close()
            except OSError:
                pass  # it is gone already
        process.wait()
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self._finish()
        finally:
            self.close()

    def __del__(self):
        if getattr(self, "_process", None) is not None:
            self.close()

    def _finish(self):
        while self._last is not None:
            last = self._last
            try:
                collections.deque(last, maxlen=0)
            finally:
                if last._done:  # else an interrupt came between: the rest is still to be read
                    self._last = None

    def _read(self):
        line = self._process.stdout.readline() if self._process is not None else ""
        if not line:
            raise self._dead()
        try:
            return json.loads(line)
        except ValueError:
            raise Error("this is no event of latlab: %.60s" % line.strip()) from None

    def _dead(self):
        """latlab ended by itself: what it said last, and why."""
        status = self._process.wait() if self._process is not None else 0
        self._log.seek(0)
        said = self._log.read().decode("utf-8", "replace").strip().splitlines()
        self._last = None
        self.close()
        return Error(said[-1] if said else "latlab ended with status %d" % status, status)

    def _predict(self, device, archs, predictor, level):
        handle, name = tempfile.mkstemp(suffix=".csv", text=True)
        try:
            with open(handle, "w", encoding="utf-8") as f:
                f.write("arch\n")
                f.writelines('"%s"\n' % str(arch).replace('"', '""') for arch in archs)
            line = "predict %s archs=%s level=%r" % (quote(device), quote(name), float(level))
            if predictor is not None:
                line += " predictor=" + quote(predictor)
            return self.run(line).results("predictions")[-1]
        finally:
            os.unlink(name)
