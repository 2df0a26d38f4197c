/** What stands in place of a secret. */
export const redacted = "<redacted>";

/** Scheme and user information of the URLs in a text; an image's name before its digest is none. */
const userInfos = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s"\\/?#]*)@(?!sha(?:256|512):)/gi;

/**
 * The text without the credentials of its URLs: "<redacted>" stands for user and password, and for a user alone in http
 * and https, where it is often a token. The user of ssh://git@host stays.
 */
export function withoutCredentials(text: string): string {
  if (!text.includes("://")) return text;
  return text.replace(userInfos, (whole, scheme: string, info: string) =>
    isSecret(scheme, info) ? `${scheme}${redacted}@` : whole,
  );
}

/** The credentials of the URLs in a text: "user:password", or a user alone where {@link withoutCredentials} removes it. */
export function credentialsIn(text: string): string[] {
  if (!text.includes("://")) return [];
  return [...text.matchAll(userInfos)].flatMap(([, scheme, info]) => (isSecret(scheme!, info!) ? info! : []));
}

function isSecret(scheme: string, info: string): boolean {
  return info.includes(":") || /^https?:/i.test(scheme);
}
