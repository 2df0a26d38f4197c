import { once } from "node:events";
import type { Duplex } from "node:stream";
import { readTypedError } from "slipway/driver";
import { expect, it } from "vitest";
import type { CommandLine } from "./command-line.js";
import { openCommand } from "./open-command.js";

const open = (command: CommandLine, target: string) => openCommand(command, target, process.env);

const failureOf = async (stream: Duplex) => readTypedError((await once(stream, "error"))[0]);

it("explains a program that fails with its output", async () => {
  const command = ["sh", "-c", "echo no such container >&2; exit 3"] as const;
  expect(await failureOf(open([...command], "docker-container://b"))).toMatchObject({
    reason: "BUILDKIT_COMMAND_FAILED",
    message:
      "BuildKit cannot be reached at docker-container://b: no such container (sh ended with exit code 3).",
    remedy: expect.stringContaining("sh -c"),
  });
});

it("names a program that is missing", async () => {
  expect(await failureOf(open(["no-such-program"], "podman-container://b"))).toMatchObject({
    reason: "BUILDKIT_COMMAND_MISSING",
    message: expect.stringContaining("no-such-program is not in the PATH"),
  });
});
