import { expect, it } from "vitest";
import { engineArguments } from "./ssh.js";

it.each([
  [{ host: "build" }, "-o ConnectTimeout=30 -T -- build docker system dial-stdio"],
  [
    { user: "me", host: "build", port: 2222, socket: "/run/docker.sock" },
    "-l me -p 2222 -o ConnectTimeout=30 -T -- build docker --host=unix:///run/docker.sock system dial-stdio",
  ],
])("for %j runs ssh as the docker CLI does", (target, line) => {
  expect(engineArguments({ kind: "ssh", ...target }).join(" ")).toBe(line);
});
