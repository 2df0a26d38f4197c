import type { BuildResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import type { PlanBakeResponse } from "../../gen/slipway/v1/bake_pb.js";
import type { BuildRequest } from "../build/build-spec.js";
import { reportCall } from "../build/call-result.js";
import { ExitCode } from "../command-error.js";
import { goJson } from "../output/go-json.js";
import { print } from "../output/print.js";

/** Prints the answers of calls, and the messages of frontends for the user. Throws an ExitCode if a check found something. */
export function printAnswers(
  prepared: readonly { name: string; request: BuildRequest }[],
  results: ReadonlyMap<string, BuildResult>,
  plan: PlanBakeResponse,
): void {
  const answered = prepared.flatMap(({ name, request: { call } }) => {
    const answer = results.get(name)?.call;
    return call && answer ? [{ name, call, report: reportCall(call, answer, undefined) }] : [];
  });
  let exitCode = 0;
  const isJson = answered.some(({ call }) => call.json);
  for (const [index, { name, report }] of answered.entries()) {
    exitCode ||= report.error ? 1 : report.exitCode;
    if (isJson) continue;
    const description = plan.targets.find((target) => target.name === name)?.description;
    print(`${index > 0 ? "\n" : ""}${name}\n${description ? `${description}\n` : ""}\n${report.stdout}`);
    if (report.error) print(`error: ${report.error.trimEnd()}\n`);
  }
  if (isJson) {
    const definition = JSON.parse(plan.definition) as { target: Record<string, unknown> };
    const target = Object.fromEntries(
      Object.entries(definition.target).map(([name, build]) => {
        const found = answered.find((each) => each.name === name);
        return [name, found ? { build, [found.call.name]: JSON.parse(found.report.stdout) } : { build }];
      }),
    );
    print(`${goJson({ ...definition, target }, "  ")}\n`);
  }
  for (const [name, { exporterResponse }] of results) {
    const message = exporterResponse["frontend.result.inlinemessage"];
    if (message) print(`\n# ${name}\n${message}\n`);
  }
  if (exitCode !== 0) throw new ExitCode(exitCode);
}
