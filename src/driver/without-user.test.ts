import { expect, test } from "vitest";
import { withoutUser } from "./without-user.js";

test.each([
  ["ssh://me:secret@host:22/run/b.sock", "ssh://host:22/run/b.sock"],
  ["ssh://me:se@cret@host", "ssh://host"],
  ["me:secret@host:2375", "host:2375"],
  ["tcp://host:1234", "tcp://host:1234"],
  ["docker-container://b?DOCKER_HOST=ssh://me:secret@host", "docker-container://b?DOCKER_HOST=ssh://host"],
  ["unix:///run/a@b.sock", "unix:///run/a@b.sock"],
])("%s is shown as %s", (endpoint, shown) => expect(withoutUser(endpoint)).toBe(shown));
