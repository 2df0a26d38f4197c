import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { Principal, Role } from "./principal.js";

/** Header of a call that another host forwards: who makes it, signed by that host. */
export const forwardedHeader = "slipway-forwarded";

/** What a host says of a call that it forwards. */
interface Forwarded {
  /** The process that it is for. */
  to: string;
  /** Path of the call's URL. */
  path: string;
  principal: Omit<Principal, "projects"> & { projects?: [name: string, role: Role][] };
}

/**
 * Signs and reads who makes a forwarded call. Whoever has a key of the state can sign, as for tokens. A signature counts for
 * one method at one process of a host, so it needs no clock: nobody else can use it, and no later process takes it.
 */
export class ForwardedCalls {
  readonly #keys: readonly Buffer[];
  /** Names this process. */
  readonly process = randomUUID();

  /** @param keys the first one signs, all of them verify */
  constructor(keys: readonly Buffer[]) {
    this.#keys = keys;
  }

  /** The header of a call of a principal to a process of another host. */
  sign(to: string, path: string, { projects, ...principal }: Principal): string {
    const forwarded: Forwarded = {
      to,
      path,
      principal: { ...principal, projects: projects && [...projects] },
    };
    const content = Buffer.from(JSON.stringify(forwarded)).toString("base64url");
    return `${content}.${signature(this.#keys[0]!, content).toString("base64url")}`;
  }

  /** Who makes a call; UNAUTHENTICATED, reason FORWARDED_CALL_WRONG, when the header is not signed for it. */
  read(header: string, path: string): Principal {
    const [content = "", shown = ""] = header.split(".", 2);
    const given = Buffer.from(shown, "base64url");
    const isSigned = this.#keys.some((key) => {
      const expected = signature(key, content);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
    const forwarded: Forwarded | undefined = isSigned
      ? JSON.parse(Buffer.from(content, "base64url").toString())
      : undefined;
    if (forwarded?.to === this.process && forwarded.path === path) {
      const { projects, ...principal } = forwarded.principal;
      return { ...principal, projects: projects && new Map(projects) };
    }
    throw typedError({
      code: Code.Unauthenticated,
      reason: "FORWARDED_CALL_WRONG",
      message: "Another host forwards the call, and has not signed it for this one.",
      remedy: "Give all hosts of the database the same state key.",
    });
  }
}

function signature(key: Buffer, content: string): Buffer {
  // The signatures of issued tokens have another form.
  return createHmac("sha256", key).update(`forwarded\0${content}`).digest();
}
