import type { AccountRow } from "../db/accounts.ts";
import { findAccountByExternalId, saveAccount } from "../db/accounts.ts";
import type { Database } from "../db/database.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import { invalid, platformError } from "../lib/refusal.ts";
import type { PlatformId, SandboxBehavior, Scope } from "../lib/vocabulary.ts";
import { hostOfToken } from "../platforms/meta/graph.ts";
import type { Io } from "../platforms/platform.ts";
import type { Platforms } from "../platforms/registry.ts";
import type { Vault } from "./vault.ts";
import { grantRow } from "./vault.ts";

export interface ConnectDeps {
  db: Database;
  vault: Vault;
  clock: Clock;
  platforms: Platforms;
  transport(scope: Scope): Io["fetch"];
}

/** An account as its owner names it, with a token for it. */
export interface AccountCredentials {
  platform: PlatformId;
  externalId: string;
  token: string;
  behavior: SandboxBehavior | null;
}

/**
 * Connects an account: asks its platform whether the token is good for it, and stores it.
 *
 * @throws Refusal when the platform refuses the token or knows the account by another id, and when it does not answer
 */
export async function connectAccount(
  deps: ConnectDeps,
  scope: Scope,
  { platform, externalId, token }: Omit<AccountCredentials, "behavior">,
): Promise<AccountRow> {
  const connection = { externalId, host: hostOfToken(token), token };
  const io = { connection, fetch: deps.transport(scope), now: deps.clock };
  const answer = await deps.platforms[platform].profile(io);
  if (answer.is === "lost") throw platformError();
  if (answer.is === "refused") {
    const { kind, code, message } = answer.fault;
    // What a token may not see looks to it as if it were not there.
    if (/^(100|803)\b/.test(code))
      throw invalid("external_id", `The platform knows no such account (${code}): ${message}`);
    if (kind === "retry" || kind === "quota") throw platformError();
    throw invalid("access_token", `The platform refused the token (${code}): ${message}`);
  }
  if (answer.profile.externalId !== externalId) {
    throw invalid("external_id", "The token belongs to another account of the platform.");
  }
  return storeAccount(deps, scope, { platform, externalId, token, behavior: null }, answer.profile.username);
}

/** Stores an account whose token is known to be good. Connected again, it keeps its id. */
export async function storeAccount(
  deps: Pick<ConnectDeps, "db" | "vault" | "clock">,
  scope: Scope,
  { platform, externalId, token, behavior }: AccountCredentials,
  username: string,
): Promise<AccountRow> {
  const now = deps.clock();
  const known = await findAccountByExternalId(deps.db, scope, platform, externalId);
  const grantId = known?.grantId ?? newId("grant", now);
  const tokenEnvelope = await deps.vault.seal(token, grantRow(scope.workspaceId, grantId));
  const account = {
    id: known?.id ?? newId("account", now),
    ...scope,
    platform,
    externalId,
    username,
    graphHost: hostOfToken(token),
    grantId,
    health: "ok" as const,
    healthReason: null,
    behavior,
    createdAt: now,
  };
  await saveAccount(deps.db, account, { tokenEnvelope, expiresAt: null, updatedAt: now });
  const stored = await findAccountByExternalId(deps.db, scope, platform, externalId);
  if (!stored) throw new Error("an account was stored and is not there");
  return stored;
}
