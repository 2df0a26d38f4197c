import { invalidField } from "../../../errors/typed-error.js";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { parseReference } from "../../../image/reference.js";
import { isTrue } from "../spec/booleans.js";
import { namesOf } from "../spec/image-names.js";
import { isPushed } from "../spec/outputs.js";

/** One name of an image that several nodes push. */
export interface PushTarget {
  /** As the user wrote it. */
  readonly name: string;
  /** Registry: `docker.io`, `localhost:5000`. */
  readonly domain: string;
  /** Repository without its registry. */
  readonly path: string;
  /** Undefined when it is pushed by digest alone. */
  readonly tag?: string;
}

/** The image that is pushed once its nodes have built it. */
export interface MergedPush {
  readonly targets: readonly PushTarget[];
  /** The registry's certificate is not verified. */
  readonly insecure: boolean;
}

/** What a specification pushes; undefined when it pushes nothing. */
export function mergedPushOf(spec: BuildSpec): MergedPush | undefined {
  const index = spec.outputs.findIndex(isPushed);
  const output = spec.outputs[index];
  if (!output) return undefined;
  const { attributes } = output;
  const targets = namesOf(spec, attributes).map((name) => {
    const reference = parseReference(name.trim());
    if (!reference) {
      const message = `invalid tag ${JSON.stringify(name)}: invalid reference format`;
      throw invalidField(`spec.outputs[${index}].attributes[name]`, "TAG_INVALID", message);
    }
    const { domain, path, tag = "latest" } = reference;
    return { name: name.trim(), domain, path, tag: isTrue(attributes["push-by-digest"]) ? undefined : tag };
  });
  return { targets, insecure: isTrue(attributes["registry.insecure"]) };
}
