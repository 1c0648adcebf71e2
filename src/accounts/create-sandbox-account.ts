import type { AccountRow } from "../db/accounts.ts";
import type { Change } from "../db/change.ts";
import type { PlatformId, SandboxBehavior, Scope } from "../lib/vocabulary.ts";
import { hostOfToken } from "../platforms/meta/graph.ts";
import type { StoreDeps } from "./store-account.ts";
import { occasionOf, storeAccount } from "./store-account.ts";

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

/**
 * Opens an account in the workspace's sandbox and connects it, token and all, as a real one would be. Whoever repeats it
 * opens another, of which nobody hears.
 */
export async function createSandboxAccount(
  deps: StoreDeps & { openSandboxAccount: OpenSandboxAccount },
  scope: Scope,
  request: SandboxAccountRequest,
  change: Change<AccountRow>,
): Promise<AccountRow> {
  const { externalId, token } = await deps.openSandboxAccount(scope, request);
  const { platform, behavior, username } = request;
  const connected = {
    platform,
    externalId,
    username,
    name: username,
    avatarUrl: null,
    profileUrl: null,
    host: hostOfToken(token),
    grant: { token, expiresAt: null, dataAccessExpiresAt: null, scopes: null, personId: null },
    behavior,
  };
  return storeAccount(deps, scope, connected, occasionOf(deps, change));
}
