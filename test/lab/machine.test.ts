import { expect, onTestFinished, test } from "vitest";
import { lab, startMachine } from "./index.js";

test("a bare machine has the given mounts and neither Node.js nor a compiler; what it writes does not last", async () => {
  const mounts = { "/run/engine/docker.sock": lab().engine20.socket };
  for (const round of [1, 2]) {
    const machine = await startMachine({ mounts });
    onTestFinished(() => machine.destroy());
    const present = await machine.run(["sh", "-c", "command -v sh node python3 java go gcc"]);
    expect(present).toMatchObject({ stdout: "/usr/bin/sh\n" });
    await machine.must(["test", "-S", "/run/engine/docker.sock"]);
    expect(await machine.run(["cat", "/etc/changed"])).toMatchObject({ code: 1 });
    await machine.must(["sh", "-c", `echo ${round} > /etc/changed`]);
    expect(await machine.must(["id", "-u"], { user: "1000:1000" })).toMatchObject({ stdout: "1000\n" });
  }
});
