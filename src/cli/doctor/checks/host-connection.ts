import { readTypedError } from "../../../errors/typed-error.js";
import { type Finding, ok, problemOf } from "../../../host/diagnosis/finding.js";
import { formatHostAddress, hostAddress } from "../../../host-address/address.js";
import type { DoctorCheck } from "../doctor-check.js";

/** The environment selects a host, and it accepts the connection. An unsafe folder is left to the check of the socket. */
export const hostConnection: DoctorCheck = {
  id: "host-connection",
  group: "Connection",
  run: async ({ env, host }): Promise<Finding[]> => {
    const where = formatHostAddress(hostAddress(env));
    try {
      if (await host) return [ok(`The host on ${where} answers.`)];
    } catch (error) {
      return readTypedError(error).reason === "SOCKET_FOLDER_UNSAFE" ? [] : [problemOf(error)];
    }
    return [ok(`No host runs on ${where}; commands start one when they need it.`)];
  },
};
