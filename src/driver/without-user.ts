/**
 * An endpoint without the user information that it or a URL in it may hold, for messages: "ssh://me:secret@host" is
 * "ssh://host".
 */
export function withoutUser(endpoint: string): string {
  return endpoint.replace(/(^|:\/\/)[^/]*@/g, "$1");
}
