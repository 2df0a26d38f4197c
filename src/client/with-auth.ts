import { type Client, createClient } from "@connectrpc/connect";
import { AuthService } from "../gen/slipway/v1/auth_pb.js";
import type { TcpAddress } from "../host-address/address.js";
import { connectHost } from "./connect.js";

/** Calls `work` with the service, whose calls have no token here, and closes the connection afterwards. */
export async function withAuth<T>(
  address: TcpAddress,
  work: (auth: Client<typeof AuthService>) => Promise<T>,
): Promise<T> {
  const { transport, close } = await connectHost({ ...address, tokenFile: undefined });
  try {
    return await work(createClient(AuthService, transport));
  } finally {
    close();
  }
}
