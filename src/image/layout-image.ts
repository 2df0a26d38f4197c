import { invalidField } from "../errors/typed-error.js";
import { type Descriptor, findInLayout, namesInLayout } from "./oci-index.js";

/**
 * The image of an OCI layout folder with a tag. Without one it is "latest", or the only image. Throws
 * OCI_LAYOUT_IMAGE_UNKNOWN for the field, which lists the images that are there.
 */
export async function layoutImage(field: string, path: string, tag: string | undefined): Promise<Descriptor> {
  const found = await findInLayout(path, tag ?? "latest", { orOnly: tag === undefined });
  if (found) return found;
  const message = tag
    ? `The OCI layout ${path} has no image ${JSON.stringify(tag)}.`
    : `The OCI layout ${path} has no image "latest", and not exactly one image.`;
  const names = await namesInLayout(path);
  const remedy =
    names.length > 0 ? `Name one that it has: ${names.join(", ")}.` : "Name an image by its digest.";
  throw invalidField(field, "OCI_LAYOUT_IMAGE_UNKNOWN", message, remedy);
}
