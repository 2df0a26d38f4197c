/** The name of a platform, such as "linux/arm/v7". */
export function platformName({
  os,
  architecture,
  variant,
}: {
  os: string;
  architecture: string;
  variant?: string;
}): string {
  return [os, architecture, variant].filter(Boolean).join("/");
}
