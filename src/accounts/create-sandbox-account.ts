import type { AccountRow } from "../db/accounts.ts";
import type { PlatformId, SandboxBehavior, Scope } from "../lib/vocabulary.ts";
import type { ConnectDeps } from "./connect-account.ts";
import { storeAccount } from "./connect-account.ts";

export interface SandboxAccountRequest {
  platform: PlatformId;
  username: string;
  behavior: SandboxBehavior;
}

/** Opens an account in the workspace's sandbox. */
export type OpenSandboxAccount = (
  scope: Scope,
  request: SandboxAccountRequest,
) => Promise<{ externalId: string; token: string }>;

/** Opens an account in the workspace's sandbox and connects it, token and all, as a real one would be. */
export async function createSandboxAccount(
  deps: Pick<ConnectDeps, "db" | "vault" | "clock"> & { openSandboxAccount: OpenSandboxAccount },
  scope: Scope,
  request: SandboxAccountRequest,
): Promise<AccountRow> {
  const { externalId, token } = await deps.openSandboxAccount(scope, request);
  const { platform, behavior, username } = request;
  return storeAccount(deps, scope, { platform, externalId, token, behavior }, username);
}
