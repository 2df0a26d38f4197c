"""Log lines in hclog's JSON on stderr, where every value is a string."""

import io
import json
import logging
import sys
import threading
from datetime import datetime, timezone

_LEVELS = {"WARNING": "warn", "CRITICAL": "error"}


class HclogFormatter(logging.Formatter):
    """Formats a record as a JSON object; the traceback and facts of the SDK have their own keys."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, timezone.utc)
        line = {
            "@level": _LEVELS.get(record.levelname, record.levelname.lower()),
            "@message": record.getMessage(),
            "@module": record.name,
            "@timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        if incident := getattr(record, "incident", None):
            line["incident"] = incident
        return json.dumps(line)


class _Unfinished(threading.local):
    """The line that a thread has begun to print."""

    text = ""


class _LogWriter(io.TextIOBase):
    """Logs the lines that are printed, each whole: the host reads only its own line from stdout."""

    def __init__(self, logger: logging.Logger):
        self._logger, self._unfinished = logger, _Unfinished()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._unfinished.text = (self._unfinished.text + text).split("\n")
        for line in lines:
            if line.strip():
                self._logger.info("%s", line)
        return len(text)


def set_up_logging(name: str) -> None:
    """Sends all logs of this process, and what it prints, to the host."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(HclogFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    sys.stdout = _LogWriter(logging.getLogger(name))
