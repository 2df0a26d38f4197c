import { type Client, createClient } from "@connectrpc/connect";
import { AuthService } from "../gen/slipway/v1/auth_pb.js";
import type { TcpAddress } from "../host-address/address.js";
import { settlesWithin } from "../util/settles-within.js";
import { connectHost } from "./connect.js";
import { typeConnectionError } from "./connect-errors.js";

/** How long a host has to accept a connection, and for one answer, in milliseconds: others wait for the token. */
export const answerMs = 30_000;

/** Calls `work` with the service, whose calls have no token here, and closes the connection afterwards. */
export async function withAuth<T>(
  address: TcpAddress,
  work: (auth: Client<typeof AuthService>) => Promise<T>,
): Promise<T> {
  const connecting = connectHost({ ...address, tokenFile: undefined });
  if (!(await settlesWithin(answerMs, connecting))) {
    connecting.then(
      ({ close }) => close(),
      () => {},
    );
    const late = Object.assign(new Error(`no connection after ${answerMs / 1000} s`), { code: "ETIMEDOUT" });
    throw typeConnectionError(late, address);
  }
  const { transport, close } = await connecting;
  try {
    return await work(createClient(AuthService, transport));
  } finally {
    close();
  }
}
