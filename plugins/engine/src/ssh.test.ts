import { expect, it } from "vitest";
import { sshArguments } from "./ssh.js";

it("calls ssh as the docker CLI does", () => {
  expect(sshArguments({ kind: "ssh", host: "build" }).join(" ")).toBe(
    "-o ConnectTimeout=30 -T -- build docker system dial-stdio",
  );
  expect(sshArguments({ kind: "ssh", user: "me", host: "build", port: 2222 }).join(" ")).toBe(
    "-l me -p 2222 -o ConnectTimeout=30 -T -- build docker system dial-stdio",
  );
});

it("quotes the socket for the shell on the other side", () => {
  const command = (socket: string) => sshArguments({ kind: "ssh", host: "b", socket }).slice(-4);
  expect(command("/run/docker.sock")).toEqual([
    "docker",
    "--host=unix:///run/docker.sock",
    "system",
    "dial-stdio",
  ]);
  expect(command("/a;reboot 'x'")[1]).toBe(`'--host=unix:///a;reboot '\\''x'\\'''`);
});
