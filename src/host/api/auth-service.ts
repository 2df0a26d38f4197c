import { Code, type ConnectError, type ServiceImpl } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { invalidField, typedError } from "../../errors/typed-error.js";
import type { AuthService } from "../../gen/slipway/v1/auth_pb.js";
import type { Identities } from "../access/identities.js";

const typePrefix = "urn:ietf:params:oauth:token-type:";
const accessTokenType = `${typePrefix}access_token`;
const idTokenTypes = ["", `${typePrefix}id_token`, `${typePrefix}jwt`];
/** Longest id of a build, in characters; more than those of any host have. A longer one would not fit into a token. */
const maxBuildIdLength = 128;

/** slipway.v1.AuthService. `identities` is undefined on a host without issuers. */
export function authService(identities: Identities | undefined): ServiceImpl<typeof AuthService> {
  return {
    async exchangeToken({ subjectToken, subjectTokenType, build }) {
      if (!identities)
        throw typedError({
          code: Code.FailedPrecondition,
          reason: "ISSUERS_ABSENT",
          message: "The host accepts no ID tokens.",
          remedy: "Ask its operator for a token, or for an issuers file.",
        });
      const isOurs = subjectTokenType === accessTokenType;
      if (!isOurs && !idTokenTypes.includes(subjectTokenType))
        throw invalid("subject_token_type", "TOKEN_TYPE_UNSUPPORTED", "is none that the host exchanges");
      if (subjectToken === "") throw invalid("subject_token", "SUBJECT_TOKEN_MISSING", "is missing");
      if (isOurs && build === "")
        throw invalid(
          "build",
          "TOKEN_TYPE_UNSUPPORTED",
          "is missing: a token of the host is exchanged for one build",
        );
      if (!isOurs && build !== "")
        throw invalid("build", "TOKEN_TYPE_UNSUPPORTED", "is only for a token of the host");
      if (build.length > maxBuildIdLength) throw buildUnknown(build.length);
      const issued = isOurs ? identities.limit(subjectToken, build) : await identities.exchange(subjectToken);
      return {
        accessToken: issued.token,
        issuedTokenType: accessTokenType,
        tokenType: "Bearer",
        expiresIn: { seconds: BigInt(issued.lifetimeS) },
        principal: issued.principal,
      };
    },
    getLogin() {
      const found = identities?.login();
      if (found) return { issuer: found.issuer, ...found.login };
      throw typedError({
        code: Code.FailedPrecondition,
        reason: "LOGIN_ABSENT",
        message: "People cannot log in to this host.",
        remedy: "Ask its operator for a token, or for a login in the issuers file.",
      });
    },
  };
}

function buildUnknown(length: number): ConnectError {
  const message = `No build has an id of ${length} characters.`;
  return typedError({
    code: Code.NotFound,
    reason: "BUILD_UNKNOWN",
    message,
    fields: [{ field: "build", message }],
    remedy: "Send the id that StartBuild answered with.",
  });
}

function invalid(field: string, reason: Reason, why: string): ConnectError {
  const remedy = "Send an ID token of an issuer, or a token of the host and the id of a build.";
  return invalidField(field, reason, `${field} ${why}.`, remedy);
}
