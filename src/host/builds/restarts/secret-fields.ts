import { type DescField, equals } from "@bufbuild/protobuf";
import { type BuildSpec, BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { credentialsIn } from "../../../inputs/url-credentials.js";
import type { Environment } from "../../access/user.js";

/** Names of variables whose values can be secrets. */
const secretName = /TOKEN|SECRET|PASS|AUTH|CREDENTIAL|(^|_)KEY(_|$)/i;

/**
 * The fields of a specification whose values are secret, and must not be stored in clear.
 * @param shown the specification without secret values
 */
export function secretFields(spec: BuildSpec, shown: BuildSpec): string[] {
  const variables = secretVariables(spec.environment).map((name) => `spec.environment[${name}]`);
  const hasLogins = Object.keys(spec.registryAuth?.logins ?? {}).length > 0;
  const others = {
    ...spec,
    environment: {},
    registryAuth: undefined,
    dockerfile: shown.dockerfile,
    policy: shown.policy,
  };
  const differing = equals(BuildSpecSchema, others, shown)
    ? []
    : BuildSpecSchema.fields
        .filter((field) => !isSame(field, others, shown))
        .map(({ name }) => `spec.${name}`);
  return [...differing, ...(hasLogins ? ["spec.registry_auth.logins"] : []), ...variables];
}

/** Names of the variables that seem to have secrets: by their names, unless they are paths, or as URLs with credentials. */
export function secretVariables(environment: Environment): string[] {
  return Object.entries(environment)
    .filter(([name, value]) => {
      const isPath = value.startsWith("/");
      return value !== "" && ((secretName.test(name) && !isPath) || credentialsIn(value).length > 0);
    })
    .map(([name]) => name);
}

function isSame({ localName }: DescField, one: BuildSpec, other: BuildSpec): boolean {
  return equals(BuildSpecSchema, { ...other, [localName]: one[localName as keyof BuildSpec] }, other);
}
