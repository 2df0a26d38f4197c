/**
 * The responses of a list method, page by page, to the end: `for await (const { builders } of pages((page) =>
 * client.listBuilders({ ...request, ...page })))`.
 */
export async function* pages<Response extends { nextPageToken: string }>(
  list: (page: { pageToken: string }) => Promise<Response>,
): AsyncGenerator<Response> {
  let pageToken = "";
  do {
    const response = await list({ pageToken });
    yield response;
    pageToken = response.nextPageToken;
  } while (pageToken !== "");
}
