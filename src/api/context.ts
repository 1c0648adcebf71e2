import type { Env } from "../env.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { Services } from "../services.ts";

/** Who makes a request: the deployment's owner, or somebody with a key. */
export type Actor = { kind: "admin" } | ({ kind: "key"; keyId: string } & Scope);

/** What every handler finds. */
export interface AppEnv {
  Bindings: Env;
  Variables: { requestId: string; services: Services; actor: Actor };
}
