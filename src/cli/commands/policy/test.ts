import type { SlipwayCommand } from "../../slipway-command.js";

/** `slipway policy test` */
export function addPolicyTestCommand(policy: SlipwayCommand): void {
  const command = policy
    .command("test")
    .argument("<path>")
    .description("Runs the tests in a file, or in the files of a folder whose names end in _test.rego.")
    .option("--filename <name>", 'the policy is in the file with this name and ".rego"', "Dockerfile")
    .option("--run <text>", "run only tests with this in their name")
    .addHelpText("after", "\nExample:\n  slipway policy test ./policies")
    .action(async (path: string) => {
      const { runPolicyTest } = await import("../../policy/run-test.js");
      await runPolicyTest(path, command.optsWithGlobals());
    });
}
