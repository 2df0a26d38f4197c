import type { Client } from "@connectrpc/connect";
import type { BuildService } from "../gen/slipway/v1/build_pb.js";
import type { Slipway } from "./slipway.js";

/** What a build needs of a host. */
export interface BuildHost extends Pick<Slipway, "isLocal" | "environment" | "close"> {
  builds: Pick<Client<typeof BuildService>, "startBuild" | "watchBuild" | "cancelBuild" | "readOutput">;
  /** Its limits; undefined for a host whose user's files it can read, which takes folders by path. */
  limits?: Slipway["limits"];
  /** Calls that upload contexts. */
  uploads(): Promise<Slipway["uploads"]>;
}
