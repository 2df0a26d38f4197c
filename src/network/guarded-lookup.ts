import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { withoutBrackets } from "./without-brackets.js";

/** Says why no connection may go to an address, as a clause; undefined when one may. */
export type RefuseAddress = (address: string, family: number) => string | undefined;

/** A connection was refused because of its address; the message is a clause. */
export class AddressRefused extends Error {}

/**
 * Resolves the host of a connection and refuses it if one of its addresses is refused. The connection then goes to an
 * address that was checked: a name that later resolves to another one gains nothing. Throws {@link AddressRefused} at
 * once if the host is an address itself, which is never looked up.
 */
export function guardedLookup(hostname: string, refuse: RefuseAddress): LookupFunction {
  const check = (address: string, family: number) => {
    const why = refuse(address, family);
    if (why) throw new AddressRefused(why);
  };
  const host = withoutBrackets(hostname);
  if (isIP(host)) check(host, isIP(host));
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error) return done(error, "");
      try {
        for (const { address, family } of found) check(address, family);
      } catch (refusal) {
        return done(refusal as Error, "");
      }
      if (options.all) done(null, found);
      else done(null, found[0]!.address, found[0]!.family);
    });
  };
}
