/** All items of a list method, page by page. */
export async function allOf<P extends { nextPageToken: string }, T>(
  ask: (pageToken: string) => Promise<P>,
  items: (page: P) => readonly T[],
): Promise<T[]> {
  const found: T[] = [];
  let token = "";
  do {
    const page = await ask(token);
    found.push(...items(page));
    token = page.nextPageToken;
  } while (token);
  return found;
}
