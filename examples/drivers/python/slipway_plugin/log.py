"""Log lines in hclog's JSON on stderr, where every value is a string."""

import json
import logging
import sys
from datetime import datetime, timezone

log = logging.getLogger("plugin")

_LEVELS = {"WARNING": "warn", "CRITICAL": "error"}


class HclogFormatter(logging.Formatter):
    """Formats a record as a JSON object; the traceback has its own key."""

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
        return json.dumps(line)


def set_up_logging() -> None:
    """Sends all logs of this process to the host."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(HclogFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
