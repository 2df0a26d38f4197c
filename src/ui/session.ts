/** Where the tab keeps its token. It ends with the tab, and no other origin or port can read it. */
const key = "slipway-token";

/** The token that calls of this tab carry; undefined without one. */
export function currentToken(): string | undefined {
  return sessionStorage.getItem(key) ?? undefined;
}

/** Keeps a token that the user has typed, or forgets it. */
export function keepToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, token);
}

/**
 * Exchanges the one-time token in the address for that of a session, and leaves the route behind it there. Without a
 * token, or when it was used before, nothing changes.
 */
export async function redeemLink(): Promise<void> {
  const [, once, route = ""] = /^#once=([\w-]+)(\/.*)?$/.exec(location.hash) ?? [];
  if (!once) return;
  history.replaceState(undefined, "", location.pathname + (route && `#${route}`));
  keepToken(undefined);
  const answer = await fetch("session", { method: "POST", headers: { authorization: `Bearer ${once}` } });
  if (answer.ok) keepToken(((await answer.json()) as { token: string }).token);
}
