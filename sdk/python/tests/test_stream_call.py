import threading
import unittest

from slipway_driver import Cancelled
from slipway_driver._call import Call
from slipway_driver._stream_call import StreamCall
from slipway_driver._threads import Threads


class StreamCallTest(unittest.TestCase):
    def test_responses_wait_for_the_reader(self):
        call, sent = StreamCall(), []

        def work():
            for number in range(1000):
                call._send(number)
                sent.append(number)
            return "done"

        responses = call._run(Call(), Threads(), work)
        for number in range(1000):
            self.assertEqual(next(responses), number)
            # One more waits to be taken.
            self.assertLessEqual(len(sent), number + 2)
        with self.assertRaises(StopIteration) as end:
            next(responses)
        self.assertEqual(end.exception.value, "done")

    def test_work_ends_with_the_call(self):
        outer, call, threads = Call(), StreamCall(), Threads()
        ended = threading.Event()

        def work():
            try:
                while True:
                    call._send(1)
            finally:
                ended.set()

        responses = call._run(outer, threads, work)
        next(responses)
        outer._end()
        self.assertTrue(ended.wait(60))
        with self.assertRaises(Cancelled):
            list(responses)
