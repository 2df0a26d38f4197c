/** An endpoint without the user information that it may hold, for messages: "ssh://me:secret@host" is "ssh://host". */
export function withoutUser(endpoint: string): string {
  return endpoint.replace(/^([^/]*:\/\/)?[^/]*@/, "$1");
}
