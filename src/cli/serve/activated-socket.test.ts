import { expect, test } from "vitest";
import { activatedSocket } from "./activated-socket.js";

test("a socket for this process is taken, and its variables are removed", () => {
  const env = {
    LISTEN_PID: "7",
    LISTEN_FDS: "1",
    LISTEN_FDNAMES: "slipway.socket",
    RUNTIME_DIRECTORY: "/run/a:/run/b",
    HOME: "/",
  };
  expect(activatedSocket(env, 7)).toEqual({ fd: 3, runtimeDir: "/run/a" });
  expect(env).toEqual({ RUNTIME_DIRECTORY: "/run/a:/run/b", HOME: "/" });
});

test("sockets for another process are not this one's", () => {
  expect(activatedSocket({ LISTEN_PID: "8", LISTEN_FDS: "2" }, 7)).toBeUndefined();
  expect(activatedSocket({}, 7)).toBeUndefined();
});

test.each([["2"], ["0"], [undefined]])("%s sockets are refused", (LISTEN_FDS) => {
  expect(() => activatedSocket({ LISTEN_PID: "7", LISTEN_FDS }, 7)).toThrow("but a host takes one");
});
