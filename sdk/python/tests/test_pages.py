import unittest

from slipway.driver.v1 import driver_pb2

from slipway_driver import DriverError
from slipway_driver._pages import PAGE_ENTRIES, Page

Request = driver_pb2.ListImplicitBuildersRequest


def same(entry: str) -> str:
    return entry


class Pages(unittest.TestCase):
    def test_pages_join_to_the_whole_list(self):
        request = Request(driver="sample", page_size=2, environment={"A": "1", "B": "2"})
        seen = []
        while not seen or request.page_token:
            entries, request.page_token = Page(request).of("abcde", same)
            seen.append(entries)
        self.assertEqual(["ab", "cd", "e"], seen)

    def test_a_page_follows_an_entry_that_is_gone(self):
        request = Request(page_size=2)
        _, request.page_token = Page(request).of("bcde", same)
        for entries in ("abcde", "bde"):
            self.assertEqual(("de", ""), Page(request).of(entries, same))
        self.assertEqual(("", ""), Page(request).of("", same))

    def test_the_size_has_a_maximum(self):
        entries = [str(number) for number in range(PAGE_ENTRIES + 1)]
        for size in (0, PAGE_ENTRIES + 1):
            found, token = Page(Request(page_size=size)).of(entries, same)
            self.assertEqual(PAGE_ENTRIES, len(found))
            self.assertTrue(token)

    def test_a_wrong_page_is_refused(self):
        _, token = Page(Request(driver="sample", page_size=1)).of("ab", same)
        for reason, field, request in (
            ("PAGE_SIZE_INVALID", "page_size", Request(page_size=-1)),
            ("PAGE_TOKEN_INVALID", "page_token", Request(page_token="made up")),
            ("PAGE_TOKEN_INVALID", "page_token", Request(page_token="aW52ZW50ZWQ")),
            ("PAGE_TOKEN_INVALID", "page_token", Request(page_token="é")),
            ("PAGE_TOKEN_INVALID", "page_token", Request(driver="sample", page_token=f"{token}AAAA")),
            ("PAGE_TOKEN_INVALID", "page_token", Request(driver="other", page_token=token)),
        ):
            with self.assertRaises(DriverError) as refused:
                Page(request)
            self.assertEqual(reason, refused.exception.reason)
            self.assertEqual([field], [one.path for one in refused.exception.fields])


if __name__ == "__main__":
    unittest.main()
