import { create, toBinary } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { auth } from "../../../buildkit/auth/auth.js";
import { typedError } from "../../../errors/typed-error.js";
import {
  ResolveSourceMetaRequestSchema,
  ResolveSourceMetaResponseSchema,
  ResultSchema,
} from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import type { PolicyLookup } from "../../../gen/slipway/v1/build_policy_pb.js";
import { decodeBounded } from "../../../messages/answers.js";
import type { BuilderRegistry } from "../../builders/registry.js";
import type { Nodes } from "../../nodes/nodes.js";
import { platformName } from "../../nodes/platform-name.js";
import { type FirstNode, GatewayFailure, ofBuildkit, throughNode } from "../builder-gateway.js";
import { refusedTokenServers } from "../logins/token-servers.js";
import type { Redaction } from "../redaction/redaction.js";
import { credentialProviders } from "../session-methods.js";

/** What looks up metadata of sources. */
export interface Lookup {
  /** The platform of images, as "os/arch[/variant]". */
  readonly platform: string;
  /** BuildKit's answer to a ResolveSourceMetaRequest, both in binary form. */
  resolve(request: Uint8Array): Promise<Uint8Array>;
}

/** The services of the host that lookups use. */
export interface LookupServices {
  readonly registry: BuilderRegistry;
  readonly nodes: Nodes;
}

/** Works with the BuildKit of a node, which looks up metadata. */
export async function withLookup<T>(
  nodes: Nodes,
  node: FirstNode,
  { platform, registryAuth, environment }: PolicyLookup,
  work: (lookup: Lookup) => Promise<T>,
  { redaction, signal }: { redaction: Redaction; signal: AbortSignal },
): Promise<T> {
  const { config, user } = node;
  const { isLocal } = user;
  const logins = await credentialProviders({ registryAuth, environment }, { isLocal }, () => undefined);
  const methods = auth(logins, process.env, (host) =>
    refusedTokenServers(host, { isLocal, configs: [config] }),
  );
  const call = { methods, what: "did not look up the source" };
  return throughNode(
    nodes,
    node,
    call,
    async ({ bridge, options, end }, { workers }) => {
      const offered = workers[0]?.platforms[0];
      const result = await work({
        platform: platform || (offered ? platformName(offered) : ""),
        async resolve(bytes) {
          const request = decodeBounded(ResolveSourceMetaRequestSchema, bytes);
          try {
            return toBinary(
              ResolveSourceMetaResponseSchema,
              await bridge.resolveSourceMeta(request, options),
            );
          } catch (cause) {
            throw ofBuildkit(cause, (message) => new LookupFailure(message));
          }
        },
      });
      await end(create(ResultSchema));
      return result;
    },
    signal,
  ).catch((cause) => {
    throw cause instanceof LookupFailure ? cause.typed(redaction) : cause;
  });
}

/** BuildKit cannot look up a source. */
class LookupFailure extends GatewayFailure {
  typed(redaction: Redaction): ConnectError {
    return typedError({
      code: Code.FailedPrecondition,
      reason: "POLICY_SOURCE_FAILED",
      message: redaction.text(`BuildKit cannot look up the source: ${this.message}`),
      remedy: "Check the name of the source and the login for its registry.",
    });
  }
}
