import type { SlipwayCommand } from "../slipway-command.js";
import { parseDuration } from "../values/parse-duration.js";

/** Default of `--timeout` in milliseconds. */
const defaultTimeoutMs = 10_000;

const more = `
Checks versions, folders and their modes, the connection to the host, the host's
state, keys and certificates, plugins, builders, and docker's configuration. It
starts no host and changes nothing. A host on TCP shows what the caller's role
may see.

Results:
  ✓ in order   ! works, but should be changed   ✗ does not work   – not checked

Exit codes:
  0  there is no problem; there may be warnings
  1  there is a problem

Examples:
  slipway doctor
  slipway doctor --format json | jq '.Results[] | select(.Outcome != "ok")'
  SLIPWAY_HOST=https://builds.example:8443 slipway doctor`;

/** `slipway doctor` */
export function addDoctorCommand(program: SlipwayCommand): void {
  program
    .command("doctor")
    .summary("find out what is wrong")
    .description(
      "Checks what Slipway needs, and says for each fault what to do. Exits with 1 if there is a problem. See docs/troubleshooting.md.",
    )
    .option("--format <format>", "table or json", "table")
    .option("--timeout <duration>", "time limit for a check", parseDuration)
    .addHelpText("after", more)
    .action(async ({ format, timeout = defaultTimeoutMs }) => {
      const { runDoctor } = await import("../doctor/run-doctor.js");
      await runDoctor({ format, timeout });
    });
}
