import { create, toBinary } from "@bufbuild/protobuf";
import { gitSource } from "../../../buildkit/source-definition.js";
import { InputError } from "../../../errors/input-error.js";
import { invalidField } from "../../../errors/typed-error.js";
import { ResolveSourceMetaResponseSchema } from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { fullReference, parseReference } from "../../../image/reference.js";
import { parseContextUrl } from "../../../inputs/context-url.js";
import { withoutCredentials } from "../../../inputs/url-credentials.js";

/** A source as BuildKit names it. */
export interface NamedSource {
  readonly identifier: string;
  readonly attrs: Record<string, string>;
}

/** What an engine knows about a source before it asks: a ResolveSourceMetaResponse in binary form. */
export function sourceOnly({ identifier, attrs }: NamedSource): Uint8Array {
  const known = create(ResolveSourceMetaResponseSchema, { source: { identifier, attrs } });
  return toBinary(ResolveSourceMetaResponseSchema, known);
}

/** Reads the source that users name; INVALID_ARGUMENT, reason POLICY_SOURCE_INVALID. */
export function readSource(field: string, text: string): NamedSource {
  const [, image] = /^docker-image:\/\/(.*)$/s.exec(text) ?? [];
  const reference = image === undefined ? undefined : parseReference(image);
  if (reference) return { identifier: `docker-image://${fullReference(reference)}`, attrs: {} };
  if (/^local:\/\/[\w.-]+$/.test(text)) return { identifier: text, attrs: {} };
  const url = image === undefined ? contextUrl(field, text) : undefined;
  if (url?.kind === "git") return gitSource(url);
  if (url) return { identifier: url.url, attrs: {} };
  throw invalid(field, `${JSON.stringify(withoutCredentials(text))} is no source of a build.`);
}

function contextUrl(field: string, text: string) {
  try {
    return parseContextUrl(text, field);
  } catch (cause) {
    throw cause instanceof InputError ? invalid(field, cause.message) : cause;
  }
}

function invalid(field: string, message: string) {
  const remedy = 'Write "docker-image://NAME", a git or http URL, or "local://context".';
  return invalidField(field, "POLICY_SOURCE_INVALID", message, remedy);
}
