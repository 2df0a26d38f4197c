import type { InspectStepResponse } from "../../gen/slipway/v1/debug_pb.js";
import type { Value } from "./variables.js";

/** The longest text that a value shows of its parts, in characters. */
const maxBrief = 64;

/** What a step does, in buildx's names. */
export function stepValues(step: InspectStepResponse): Value[] {
  const { platform } = step;
  const values: Value[] = [];
  if (platform) values.push({ name: "platform", value: platform, parts: () => platformValues(platform) });
  if (step.args.length > 0)
    values.push({ name: "exec", value: step.args.join(" "), parts: () => execValues(step) });
  return values;
}

function platformValues(platform: string): Value[] {
  const [os = "", architecture = "", variant] = platform.split("/");
  return [
    { name: "architecture", value: architecture },
    { name: "os", value: os },
    ...(variant ? [{ name: "variant", value: variant }] : []),
  ];
}

function execValues({ args, environment, workingDirectory, user }: InspectStepResponse): Value[] {
  const variables = Object.entries(environment).map(([name, value]) => ({ name, value }));
  return [
    {
      name: "args",
      value: brief(args.join(" ")),
      parts: () => args.map((value, index) => ({ name: String(index), value })),
    },
    {
      name: "env",
      value: brief(variables.map(({ name, value }) => `${name}=${value}`).join(" ")),
      parts: () => variables,
    },
    ...(workingDirectory ? [{ name: "workdir", value: workingDirectory }] : []),
    ...(user ? [{ name: "user", value: user }] : []),
  ];
}

const brief = (text: string): string =>
  text.length >= maxBrief ? `${text.slice(0, maxBrief - 4)} ...` : text;
