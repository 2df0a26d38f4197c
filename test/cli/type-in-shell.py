"""Types into a shell on a terminal: a list of [text to wait for, text to type] in JSON on stdin."""

import json
import os
import pty
import sys

steps = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
for text, keys in steps:
    while text.encode() not in seen:
        output = os.read(terminal, 4096)
        sys.stderr.buffer.write(output)
        seen += output
    seen = seen[seen.index(text.encode()) + len(text.encode()) :]
    os.write(terminal, keys.encode())
os.kill(pid, 9)
