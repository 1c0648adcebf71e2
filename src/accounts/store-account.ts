import type { AccountRow, GrantRow } from "../db/accounts.ts";
import { findAccountByExternalId, saveAccount } from "../db/accounts.ts";
import type { AuditEntry, Change, ChangeRecord } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { NewEvent } from "../db/events.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { AuthProvider, PlatformId, SandboxBehavior, Scope } from "../lib/vocabulary.ts";
import type { Profile, TokenGrant } from "../platforms/platform.ts";
import type { Renewals } from "../platforms/registry.ts";
import { healthOf, warnAtOf } from "./health.ts";
import { nextRenewal } from "./renewal-times.ts";
import type { Teller } from "./tell.ts";
import { accountEvent } from "./tell.ts";
import type { Vault } from "./vault.ts";
import { grantRow } from "./vault.ts";

export interface StoreDeps extends Teller {
  db: Database;
  vault: Vault;
  clock: Clock;
  renewals: Renewals;
  /** Lets the tasks go on that waited for the account to be connected again. Never throws. */
  resumeHeldTasks(scope: Scope, accountId: string): Promise<void>;
}

/** An account whose token is known to be good for it. */
export interface ConnectedAccount extends Profile {
  platform: PlatformId;
  host: AuthProvider;
  grant: TokenGrant;
  behavior: SandboxBehavior | null;
}

/** The act of connecting an account. */
export interface Occasion {
  /** Names it: repeated, it is told of once. */
  id: string;
  /** What the act brings along into the account's batch. */
  record(account: AccountRow): Promise<ChangeRecord>;
}

/** An account that a client connects, by a request. */
export function occasionOf({ clock }: Pick<StoreDeps, "clock">, change: Change<AccountRow>): Occasion {
  return {
    id: newId("claim", clock()),
    record: (account) => change.record(connectedEntry(account), account),
  };
}

/** What the audit log says of an account that was connected. */
export function connectedEntry({ id, platform }: AccountRow): AuditEntry {
  return { action: "account.connected", target: id, details: { platform } };
}

/**
 * Stores an account. Connected again, also after it was disconnected, it keeps its id, its posts and its history, and
 * what waited for it goes on.
 *
 * @throws KeyTaken when the occasion's Idempotency-Key is
 */
export async function storeAccount(
  deps: StoreDeps,
  scope: Scope,
  connected: ConnectedAccount,
  occasion: Occasion,
): Promise<AccountRow> {
  for (;;) {
    const now = deps.clock();
    const known = await findAccountByExternalId(deps.db, scope, connected.platform, connected.externalId);
    const grant = await sealGrant(deps, scope, connected, known?.grantId ?? newId("grant", now), now);
    const account: AccountRow = {
      id: known?.id ?? newId("account", now),
      ...scope,
      platform: connected.platform,
      externalId: connected.externalId,
      username: connected.username,
      name: connected.name,
      avatarUrl: connected.avatarUrl,
      profileUrl: connected.profileUrl,
      labels: known?.labels ?? [],
      groupId: known?.groupId ?? null,
      graphHost: connected.host,
      grantId: grant.id,
      health: "ok",
      healthReason: null,
      quota: known?.quota ?? null,
      behavior: connected.behavior,
      createdAt: known?.createdAt ?? now,
      disconnectedAt: null,
      tokenExpiresAt: grant.expiresAt,
      dataAccessExpiresAt: grant.dataAccessExpiresAt,
      renewAt: grant.renewAt,
      renewFault: null,
      tokenTakenAt: grant.updatedAt,
      pausedAt: known?.pausedAt ?? null,
    };
    const event = tellOf(account, known, occasion.id, now);
    const record = await occasion.record(account);
    const told = await retryWrite(() => saveAccount(deps.db, account, grant, event, record, now));
    // Somebody else connected it for the first time in this moment: now it is known.
    if (!told) continue;
    await deps.sendDeliveries(told);
    if (known) await deps.resumeHeldTasks(scope, account.id);
    return account;
  }
}

async function sealGrant(
  deps: StoreDeps,
  scope: Scope,
  { host, grant }: ConnectedAccount,
  id: string,
  now: Millis,
): Promise<GrantRow> {
  const { token, expiresAt, dataAccessExpiresAt, scopes, personId } = grant;
  return {
    id,
    ...scope,
    tokenEnvelope: await deps.vault.seal(token, grantRow(scope.workspaceId, id)),
    expiresAt,
    dataAccessExpiresAt,
    scopes,
    personId,
    updatedAt: now,
    renewAt: deps.renewals[host] === null ? null : nextRenewal(expiresAt, now),
    renewLeaseUntil: null,
    renewFault: null,
    warnAt: warnAtOf({ expiresAt, dataAccessExpiresAt }),
  };
}

/** The event is the act's: its id does not say which of the two it was. */
function tellOf(account: AccountRow, known: AccountRow | null, occasionId: string, now: Millis): NewEvent {
  const wasConnected = known !== null && known.disconnectedAt === null;
  const isRecovered = wasConnected && healthOf(known, now).health === "needs_reconnect";
  const type = isRecovered ? "account.recovered" : "account.connected";
  return accountEvent(account, type, `${occasionId.replace(/^[a-z]+_/, "")}_account`, now);
}
