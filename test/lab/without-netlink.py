#!/usr/bin/env python3
"""Runs the program in the variable WITHOUT_NETLINK, which cannot open netlink sockets, so that it does not see how the machine's network changes.

Chromium ends requests with ERR_NETWORK_CHANGED whenever an interface comes or goes, and each container of an engine has
one. The requests of the tests go to the loopback interface, which does not change.

    WITHOUT_NETLINK=PROGRAM without-netlink.py [ARGUMENT ...]
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys

# <linux/prctl.h>, <linux/seccomp.h>, <linux/bpf_common.h>
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
# struct seccomp_data: the number of the system call, and the lower half of its first argument
NUMBER, FAMILY = 0, 16
SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]

instructions = [
    (LOAD, 0, 0, NUMBER),
    (JUMP_IF_EQUAL, 0, 3, SOCKET),
    (LOAD, 0, 0, FAMILY),
    (JUMP_IF_EQUAL, 0, 1, socket.AF_NETLINK),
    (RETURN, 0, 0, FAIL | errno.EAFNOSUPPORT),
    (RETURN, 0, 0, ALLOW),
]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in instructions))


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]


libc = ctypes.CDLL(None, use_errno=True)
rules = Filter(len(instructions), ctypes.addressof(code))
for arguments in (
    (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
    (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(rules), 0, 0),
):
    if libc.prctl(*arguments) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
program = os.environ.pop("WITHOUT_NETLINK")
os.execv(program, [program, *sys.argv[1:]])
