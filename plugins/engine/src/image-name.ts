import { Code, driverError } from "slipway/driver";

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const domain = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
/** The grammar of distribution/reference: `[domain/]path[:tag][@digest]`. It accepts ids too. */
const pattern = new RegExp(
  `^((?:${domain}/)?${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([a-z0-9]+:[a-f0-9]{32,}))?$`,
);

/** The parts of an image's name. */
export interface ImageName {
  /** Includes the registry, if the name has one. */
  repository: string;
  tag?: string;
  digest?: string;
}

/** Splits a name, which becomes part of a path of the Engine's API. Throws INVALID_ARGUMENT for other texts. */
export function parseImageName(name: string, field = "name"): ImageName {
  const [, repository, tag, digest] = pattern.exec(name) ?? [];
  if (repository !== undefined) return { repository, tag, digest };
  const message = `"${name}" is not an image name or id.`;
  throw driverError({
    code: Code.InvalidArgument,
    reason: "IMAGE_NAME_INVALID",
    message,
    remedy: "Write [registry/]path[:tag], in lower case except for the tag.",
    fields: [{ field, message }],
  });
}
