import type { Clock } from "../../lib/clock.ts";
import type { Params } from "./graph/request.ts";
import type { SandboxRecords } from "./records.ts";
import type { SandboxUser } from "./store.ts";
import type { Switches } from "./switches.ts";

/** What the parts of the simulated API work with. */
export interface NetworkContext {
  records: SandboxRecords;
  clock: Clock;
  /** Fetches media as Meta's crawlers do. */
  fetchMedia(address: string, headers: Record<string, string>): Promise<Response>;
  /** Where followers see a post. */
  permalink(postId: string): string;
  switches: Readonly<Switches>;
  /** A new id: digits, more than a number can hold. */
  newId(digits: number): string;
}

/** One call to the simulated API, taken apart. */
export interface SandboxCall {
  method: "GET" | "POST" | "DELETE";
  url: URL;
  /** The account whose token the call carries. */
  user: SandboxUser;
  /** The node it is made at, `me` replaced by the account. */
  nodeId: string;
  /** The edge of the node; null when it is for the node itself. */
  edge: string | null;
  params: URLSearchParams;
  files: Params["files"];
}
