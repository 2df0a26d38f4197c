import logging
import threading
import unittest

from slipway_driver._log import _LogWriter


class PrintTest(unittest.TestCase):
    def test_prints_of_several_threads_are_logged_as_whole_lines(self):
        logger = logging.Logger("test")
        output = _LogWriter(logger)
        both_began = threading.Barrier(2, timeout=60)

        def prints(name):
            print(name, end=" ", file=output)
            both_began.wait()
            print("ends", file=output)

        with self.assertLogs(logger) as logs:
            threads = [threading.Thread(target=prints, args=[name]) for name in ("first", "second")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        self.assertEqual(
            sorted(record.getMessage() for record in logs.records), ["first ends", "second ends"]
        )
