import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of `slipway login`, and of commands that use a login. */
export const loginReasons = {
  LOGIN_CODE_EXPIRED: {
    codes: [Code.DeadlineExceeded],
    meaning: "nobody entered the code of `slipway login` in time",
    recovery: "log in again",
  },
  LOGIN_DENIED: {
    codes: [Code.PermissionDenied],
    meaning: "the login was denied in the browser",
  },
  LOGIN_EXPIRED: {
    codes: [Code.Unauthenticated],
    meaning: "the login to the host has ended, and the issuer does not renew it",
    recovery: "run `slipway login`",
  },
  LOGIN_ISSUER_FAILED: {
    codes: [Code.Unavailable],
    meaning: "the issuer of a login cannot be reached or refuses it; metadata `issuer`",
  },
  LOGIN_ISSUER_UNSAFE: {
    codes: [Code.FailedPrecondition],
    meaning:
      "the host names a URL that is not that of an issuer on https; one on the loopback interface counts for a host there",
  },
  LOGINS_UNREADABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the file of logins cannot be read, or other users can reach it; metadata `file`",
    recovery: "correct its mode, or remove it and log in again",
  },
} satisfies ReasonTable;
