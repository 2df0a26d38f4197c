import { posix } from "node:path";
import { create } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { errorText } from "../../../buildkit/error-text.js";
import type { SessionMethod } from "../../../buildkit/session/method.js";
import { gitDefinition, unpackedDefinition } from "../../../buildkit/source-definition.js";
import type { Result } from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import type { BuildSpec, PolicyFile } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { PolicyFileSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { parseContextUrl } from "../../../inputs/context-url.js";
import type { ReadyNode } from "../../nodes/ready-node.js";
import { internalSolve } from "../builder-gateway.js";
import { type Gateway, namesIn, resultForm, singleRef } from "../gateway.js";
import type { Inputs } from "../inputs/inputs.js";
import { inputError } from "../inputs/unreadable.js";
import { maxPolicyBytes } from "../spec/check-policies.js";

/**
 * The policy file beside a Dockerfile that BuildKit fetches with its context; undefined when there is none, or when it is
 * disabled. Throws INVALID_ARGUMENT, reason POLICY_INVALID, for one that is too large.
 *
 * @param methods what BuildKit authenticates with
 */
export async function remotePolicyFile(
  { policy }: Pick<BuildSpec, "policy">,
  { contextUrl, dockerfileName, dockerfileIsLocal }: Inputs,
  node: Pick<ReadyNode, "client">,
  methods: readonly SessionMethod[],
  signal: AbortSignal,
): Promise<PolicyFile | undefined> {
  const url = contextUrl && !policy?.disabled && !dockerfileIsLocal ? urlOf(contextUrl) : undefined;
  if (!url) return undefined;
  // The folder of a repository is read from the whole of it, since BuildKit before 0.10 fetches no other.
  const [definition, folder] =
    url.kind === "git"
      ? [gitDefinition({ ...url, subdir: undefined }), url.subdir ?? ""]
      : [unpackedDefinition(url.url), ""];
  return internalSolve(
    node,
    methods,
    async ({ bridge, options, end }) => {
      const { result } = await bridge.solve({ definition, ...resultForm }, options);
      const file =
        result && (await readBeside({ bridge, options }, result, posix.join(folder, dockerfileName)));
      await end(result);
      return file;
    },
    signal,
  );
}

/** The URL of a context at git or http; undefined for images and layouts, which are no contexts with a Dockerfile. */
function urlOf(text: string) {
  return /^(docker-image|oci-layout):/.test(text) ? undefined : parseContextUrl(text);
}

async function readBeside(
  gateway: Pick<Gateway, "bridge" | "options">,
  result: Result,
  dockerfile: string,
): Promise<PolicyFile | undefined> {
  const ref = singleRef(result);
  if (!ref) return undefined;
  const folder = posix.dirname(dockerfile);
  const base = posix.basename(dockerfile);
  const entries = await namesIn(gateway, ref, posix.join("/", folder)).catch((cause) => {
    // Then the Dockerfile is not there either, which the build reports.
    if (/no such file|not found/.test(errorText(ConnectError.from(cause).rawMessage)))
      return new Set<string>();
    throw cause;
  });
  // As in docker, "dockerfile" is a fallback for "Dockerfile".
  const bases = base === "Dockerfile" && !entries.has(base) ? [base, "dockerfile"] : [base];
  const found = bases.map((each) => `${each}.rego`).find((each) => entries.has(each));
  if (!found) return undefined;
  const name = posix.join(folder, found);
  const range = { offset: 0n, length: BigInt(maxPolicyBytes + 1) };
  const { data } = await gateway.bridge.readFile({ ref, filePath: name, range }, gateway.options);
  if (data.length > maxPolicyBytes) {
    const message = `The policy ${name} has more than ${maxPolicyBytes} bytes.`;
    const remedy = "Make it smaller, or set spec.policy.disabled to build without it.";
    throw inputError("spec.policy", "POLICY_INVALID", message, remedy);
  }
  return create(PolicyFileSchema, { name, content: data });
}
