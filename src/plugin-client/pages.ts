import { driverFault } from "./driver-fault.js";

/** The most pages of a plugin's list that are read. A page has up to 1000 entries. */
const maxPages = 100;

/** The answers of a plugin's list, page by page. INTERNAL, reason DRIVER_FAULT, when it does not end after 100 pages. */
export async function* pluginPages<Response extends { nextPageToken: string }>(
  driver: string,
  list: (page: { pageToken: string }) => Promise<Response>,
): AsyncGenerator<Response> {
  let pageToken = "";
  for (let count = 0; count < maxPages; count++) {
    const response = await list({ pageToken });
    yield response;
    pageToken = response.nextPageToken;
    if (pageToken === "") return;
  }
  throw driverFault(driver, `has a list of more than ${maxPages} pages`);
}
