import subprocess
import sys
import textwrap
import unittest

# Interrupts the wait by a signal before one of its lines, and of the lines that it calls.
INTERRUPTED = textwrap.dedent("""
    import os, signal, sys, threading
    from slipway_driver._host_watch import stopped_by_signals

    stop = stopped_by_signals()
    left = int(sys.argv[1])

    def trace(frame, event, argument):
        global left
        left -= event == "line"
        if event == "line" and left == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return trace

    # The wait may have fewer lines.
    later = threading.Timer(1, os.kill, [os.getpid(), signal.SIGINT])
    later.daemon = True
    later.start()
    sys.settrace(trace)
    stop.wait()
""")


class StopTest(unittest.TestCase):
    def test_a_signal_ends_the_wait(self) -> None:
        for line in range(1, 7):
            with self.subTest(line=line):
                ended = subprocess.run([sys.executable, "-c", INTERRUPTED, str(line)], timeout=120)
                self.assertEqual(ended.returncode, 0)


if __name__ == "__main__":
    unittest.main()
