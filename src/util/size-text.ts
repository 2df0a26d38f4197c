const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes for people, in binary units: "1.5 GiB". */
export function sizeText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${Number((bytes / 1024 ** power).toPrecision(4))} ${units[power]}`;
}
