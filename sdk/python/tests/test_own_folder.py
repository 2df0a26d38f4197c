import contextlib
import os
import socket
import tempfile
import unittest
from unittest import mock

from slipway_driver._own_folder import own_folder


class OwnFolderTest(unittest.TestCase):
    def test_folders_of_killed_plugins_are_removed(self):
        with tempfile.TemporaryDirectory() as parent, contextlib.ExitStack() as stack:

            def make(name, listen=False):
                os.mkdir(f"{parent}/{name}", 0o700)
                if listen:
                    server = stack.enter_context(socket.socket(socket.AF_UNIX))
                    server.bind(f"{parent}/{name}/plugin1")
                    server.listen()
                    return server

            make("slipway-plugin-killed", listen=True).close()
            make("slipway-plugin-live", listen=True)
            make("slipway-plugin-starting")
            make("slipway-plugin-old")
            os.utime(f"{parent}/slipway-plugin-old", (0, 0))
            make("other")
            make("slipway-plugin-files")
            open(f"{parent}/slipway-plugin-files/file", "w").close()
            kept = {"slipway-plugin-live", "slipway-plugin-starting", "slipway-plugin-files", "other"}
            with mock.patch.object(tempfile, "tempdir", parent):
                with own_folder() as own:
                    self.assertEqual(os.stat(own).st_mode & 0o777, 0o700)
                    self.assertEqual(set(os.listdir(parent)), kept | {os.path.basename(own)})
                self.assertEqual(set(os.listdir(parent)), kept)
