import { resolve } from "node:path";

/** The name of an image with the full path of a layout, since the host has another working directory. */
export function fullPath(name: string): string {
  const [, path] = /^oci-layout:\/\/(.+)$/s.exec(name) ?? [];
  return path === undefined ? name : `oci-layout://${resolve(path)}`;
}
