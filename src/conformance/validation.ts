import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Diagnostic, Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";
import type { OptionDescriptor } from "../gen/slipway/common/v1/option_pb.js";
import type { NodeConfig, NodeConfigSchema } from "../gen/slipway/driver/v1/node_pb.js";
import type { Condition } from "./check.js";
import { must } from "./report/violation.js";
import type { Subject } from "./subject.js";

/** A name that no driver knows. */
export const unknown = "conformance-unknown";

/** Validates a configuration on top of the sample. */
export async function validate(subject: Subject, config: MessageInitShape<typeof NodeConfigSchema>) {
  const { driver } = await subject.peer();
  const environment = subject.backend?.environment ?? {};
  const named = subject.named({ ...(await subject.sample()), ...config } as NodeConfig);
  return driver.validate({ driver: subject.driver.name, config: named, environment });
}

/** Throws unless Validate has reported an error for a field. */
export function mustFind(diagnostics: Diagnostic[], field: string, reason: string): void {
  const about = diagnostics.filter((one) => one.field === field);
  const reasons = about.map((one) => one.reason).join(", ") || "nothing";
  must(
    about.some((one) => one.reason === reason && one.severity === Severity.ERROR),
    `Validate reports ${reasons} for ${field}, expected the error ${reason}.`,
  );
}

/** The condition that the driver has options of a kind. */
export function optionsThat(
  are: string,
  text: string,
  fits: (option: OptionDescriptor) => boolean | undefined,
): Condition {
  const missing = ({ driver }: Subject) =>
    driver.options.some(fits) ? undefined : `The driver has no options that ${are}.`;
  return { text, missing };
}

/** The condition that the driver has sensitive options. */
export const sensitiveOptions = optionsThat(
  "are sensitive",
  "sensitive options",
  ({ sensitive }) => sensitive,
);
