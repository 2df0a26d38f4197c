import { expect, test } from "vitest";
import { sshArguments } from "./ssh-command.js";

test("names user and port only when they are known", () => {
  expect(sshArguments({ host: "build" }, 30, ["docker", "info"]).join(" ")).toBe(
    "-o ConnectTimeout=30 -T -- build docker info",
  );
  expect(sshArguments({ user: "me", host: "build", port: 2222 }, 10, ["true"]).join(" ")).toBe(
    "-l me -p 2222 -o ConnectTimeout=10 -T -- build true",
  );
});

test("quotes words for the shell on the other side", () => {
  const command = ["docker", "--host=unix:///a;reboot 'x'", "info"];
  expect(sshArguments({ host: "b" }, 30, command).slice(-3)).toEqual([
    "docker",
    `'--host=unix:///a;reboot '\\''x'\\'''`,
    "info",
  ]);
});
