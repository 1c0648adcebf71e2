import type { Env } from "../env.ts";
import type { RateLimits } from "../lib/rate-limits.ts";
import type { ReadAhead } from "../post/create-post.ts";
import type { Services } from "../services.ts";
import type { AskingKey } from "../workspace/key-rights.ts";

/** Who makes a request: the deployment's owner, or somebody with a key. */
export type Actor = { kind: "admin" } | { kind: "key"; key: AskingKey; rateLimits: RateLimits };

/** What every handler finds. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    services: Services;
    actor: Actor;
    /** What a publish request names, read together with its key; absent: it is still to be read. */
    publishing?: ReadAhead;
  };
}
