import type { SlipwayCommand } from "../slipway-command.js";
import { addPolicyEvalCommand } from "./policy/eval.js";
import { addPolicyTestCommand } from "./policy/test.js";

/** `slipway policy` */
export function addPolicyCommand(program: SlipwayCommand): void {
  const command = program
    .command("policy")
    .summary("try out build policies")
    .description("Tries out the policies of builds. A plugin with a policy engine evaluates them.")
    .addHelpText("after", "\nExample:\n  slipway policy eval docker-image://alpine");
  addPolicyEvalCommand(command);
  addPolicyTestCommand(command);
}
