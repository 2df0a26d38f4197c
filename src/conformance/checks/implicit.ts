import { equals } from "@bufbuild/protobuf";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { mustSucceed } from "../call-outcome.js";
import { type Check, needs } from "../check.js";
import { nowhere } from "../subject.js";
import { must } from "../violation.js";

/** Builders that nobody created. */
export const implicitChecks: Check[] = [
  {
    id: "DRV-IMPLICIT",
    title: "ListImplicitBuilders tells builders with names, whose configurations are in normal form",
    rule: "the-calls",
    when: needs("builders.implicit"),
    async run(subject) {
      const { driver } = await subject.peer();
      const name = subject.driver.name;
      const environment = subject.backend?.environment ?? {};
      const { builders } = await driver.listImplicitBuilders({ driver: name, environment });
      for (const { config } of builders) {
        must(config?.builder && config.node, "a builder has no name, or no node with a name");
        const { config: normal, diagnostics } = await driver.validate({ driver: name, config, environment });
        must(normal, `the builder ${config.builder} does not pass Validate: ${diagnostics[0]?.message}`);
        must(equals(NodeConfigSchema, config, normal), `the builder ${config.builder} is not in normal form`);
      }
      must(builders.filter(({ current }) => current).length <= 1, "more than one builder is the current one");
    },
  },
  {
    id: "DRV-IMPLICIT-BROKEN",
    title: "ListImplicitBuilders answers when nothing can be read or reached, and says what was wrong",
    rule: "the-calls",
    when: needs("builders.implicit"),
    async run(subject) {
      const { driver } = await subject.peer();
      const { name, environmentVariables } = subject.driver;
      for (const variable of environmentVariables) {
        for (const value of [nowhere, "/nonexistent/conformance"]) {
          const environment = { ...subject.backend?.environment, [variable]: value };
          const call = driver.listImplicitBuilders({ driver: name, environment }, { timeoutMs: 10_000 });
          await mustSucceed(`ListImplicitBuilders with ${variable}=${value}`, call);
        }
      }
    },
  },
];
