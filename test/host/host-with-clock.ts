import { readdirSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDir } from "../lab/index.js";
import { startHost, type TestHost } from "./host.js";

/**
 * Starts a host whose wall clock, with that of its plugins, can be set; or, with `monotonic`, both of its clocks, so that
 * its timers fire early.
 */
export async function startHostWithClock({ monotonic = false } = {}): Promise<{
  host: TestHost;
  /** Sets the clocks to so many seconds after those of the machine. */
  set(seconds: number): Promise<void>;
}> {
  const file = join(await tempDir(), "offset");
  const set = async (seconds: number) => {
    await writeFile(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}`);
    await rename(`${file}.new`, file);
  };
  await set(0);
  const triplet = readdirSync("/usr/lib").find((name) => name.endsWith("-linux-gnu"));
  const env = {
    LD_PRELOAD: `/usr/lib/${triplet}/faketime/libfaketimeMT.so.1`,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: monotonic ? "0" : "1",
    NO_FAKE_STAT: "1",
  };
  return { host: await startHost({ env, args: ["--idle-timeout", "1h"] }), set };
}
