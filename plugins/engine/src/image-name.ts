import { Code, driverError } from "slipway/driver";

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const domain = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
/** The grammar of distribution/reference: `[domain/]path[:tag][@digest]`. An id fits it, too. */
const pattern = new RegExp(
  `^((?:${domain}/)?${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([a-z0-9]+:[a-f0-9]{32,}))?$`,
);

/** The parts of an image's name. */
export interface ImageName {
  /** With the registry, if there is one in the name. */
  repository: string;
  tag?: string;
  digest?: string;
}

/** Takes a name apart. What is none is INVALID_ARGUMENT: it becomes part of a path of the Engine's API. */
export function parseImageName(name: string, field = "name"): ImageName {
  const [, repository, tag, digest] = pattern.exec(name) ?? [];
  if (repository !== undefined) return { repository, tag, digest };
  const message = `"${name}" is no image name or id`;
  throw driverError({
    code: Code.InvalidArgument,
    reason: "IMAGE_NAME_INVALID",
    message,
    remedy: "Write [registry/]path[:tag], in lower case except for the tag.",
    fields: [{ field, message }],
  });
}
