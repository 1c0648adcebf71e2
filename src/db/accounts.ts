import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { AccountHealth, Mode, PlatformId, Scope } from "../lib/vocabulary.ts";
import type { ExternalAccount } from "./commits.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import type { AccountQuota } from "./schema.ts";
import { accounts, type events, grants } from "./schema.ts";

type Account = typeof accounts.$inferSelect;
export type GrantRow = typeof grants.$inferSelect;

/** An account with what its token's end is judged by. Disconnected ones are not found but where it says so. */
export type AccountRow = Account & {
  tokenExpiresAt: Millis | null;
  dataAccessExpiresAt: Millis | null;
  renewAt: Millis | null;
  renewFault: string | null;
  /** Since when a person has paused it; null when nobody has. */
  pausedAt: Millis | null;
};

/** Of an account and its grant, what an `AccountRow` is made of. */
export const WITH_GRANT = {
  account: accounts,
  grant: {
    tokenExpiresAt: grants.expiresAt,
    dataAccessExpiresAt: grants.dataAccessExpiresAt,
    renewAt: grants.renewAt,
    renewFault: grants.renewFault,
    pausedAt: sql<Millis | null>`(SELECT paused_at FROM manual_pauses
      WHERE scope = 'account:' || ${accounts.id} AND lifted_at IS NULL)`,
  },
};

export function accountRow({ account, grant }: { account: Account; grant: Omit<AccountRow, keyof Account> }) {
  return { ...account, ...grant };
}

function inScope(scope: Scope) {
  return and(eq(accounts.workspaceId, scope.workspaceId), eq(accounts.mode, scope.mode));
}

/** The connected accounts of a workspace with these ids; a statement, for a batch. */
export function selectAccounts(db: Database, scope: Scope, ids: string[]) {
  return db
    .select(WITH_GRANT)
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(
      and(
        inScope(scope),
        isNull(accounts.disconnectedAt),
        // One JSON parameter: D1 takes a hundred at most, and a person may have connected more.
        inArray(accounts.id, sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`),
      ),
    );
}

/** Every account of a workspace, oldest first. */
export async function listAccounts(db: Database, scope: Scope): Promise<AccountRow[]> {
  const rows = await db
    .select(WITH_GRANT)
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(and(inScope(scope), isNull(accounts.disconnectedAt)))
    .orderBy(asc(accounts.id));
  return rows.map(accountRow);
}

/** Those of the named accounts that the workspace has connected. */
export async function findAccounts(db: Database, scope: Scope, ids: string[]): Promise<AccountRow[]> {
  return (await selectAccounts(db, scope, ids)).map(accountRow);
}

/** @returns null when the workspace has no such account */
export async function findAccount(db: Database, scope: Scope, id: string): Promise<AccountRow | null> {
  const [row] = await selectAccounts(db, scope, [id]);
  return row ? accountRow(row) : null;
}

/** An account with its sealed token. */
export async function findAccountToken(
  db: Database,
  scope: Scope,
  id: string,
): Promise<{ account: Account; tokenEnvelope: string | null } | null> {
  const [row] = await db
    .select({ account: accounts, tokenEnvelope: grants.tokenEnvelope })
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(and(inScope(scope), isNull(accounts.disconnectedAt), eq(accounts.id, id)));
  return row ?? null;
}

/** @returns null when the workspace has never connected this account of the platform; disconnected ones are found */
export async function findAccountByExternalId(
  db: Database,
  scope: Scope,
  platform: PlatformId,
  externalId: string,
): Promise<AccountRow | null> {
  const [row] = await db
    .select(WITH_GRANT)
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(and(inScope(scope), eq(accounts.platform, platform), eq(accounts.externalId, externalId)));
  return row ? accountRow(row) : null;
}

/** An event that tells of an account, with its frozen body. */
export type AccountEvent = Pick<typeof events.$inferSelect, "id" | "body" | "createdAt"> & {
  type: "account.connected" | "account.recovered";
};

/**
 * Stores an account with its grant and the event that tells of it, all or nothing; repeating it changes nothing. One
 * that the workspace has connected before keeps its id, its grant's id, its labels, and so its posts and its history.
 *
 * @returns whether the account is stored under this id: not when somebody else connected it in the same moment
 */
export async function saveAccount(
  db: Database,
  account: Account,
  grant: GrantRow,
  event: AccountEvent,
): Promise<boolean> {
  const { id: grantId, ...grantFields } = grant;
  const isStored = sql`EXISTS (SELECT 1 FROM accounts WHERE id = ${account.id} AND grant_id = ${grantId})`;
  const [, , , , stored] = await db.batch([
    db
      .insert(accounts)
      .values(account)
      .onConflictDoUpdate({
        target: [accounts.workspaceId, accounts.mode, accounts.platform, accounts.externalId],
        set: {
          username: account.username,
          name: account.name,
          avatarUrl: account.avatarUrl,
          profileUrl: account.profileUrl,
          graphHost: account.graphHost,
          health: account.health,
          healthReason: account.healthReason,
          disconnectedAt: null,
        },
        setWhere: eq(accounts.id, account.id),
      }),
    db.insert(grants).values(grant).onConflictDoUpdate({ target: grants.id, set: grantFields }),
    // Two who connect a new account at once: only one of the two grants is the account's.
    db.delete(grants).where(and(eq(grants.id, grantId), sql`NOT ${isStored}`)),
    statement(
      db,
      sql`
      INSERT INTO events (id, workspace_id, mode, type, account_id, body, created_at)
      SELECT ${event.id}, ${account.workspaceId}, ${account.mode}, ${event.type}, ${account.id}, ${event.body},
        ${event.createdAt}
      WHERE ${isStored} ON CONFLICT DO NOTHING`,
    ),
    db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, account.id)),
  ]);
  return stored.length > 0;
}

/** @returns whether the workspace has the account */
export async function setLabels(db: Database, scope: Scope, id: string, labels: string[]): Promise<boolean> {
  const changed = await db
    .update(accounts)
    .set({ labels })
    .where(and(inScope(scope), eq(accounts.id, id), isNull(accounts.disconnectedAt)))
    .returning({ id: accounts.id });
  return changed.length > 0;
}

/**
 * Disconnects an account and erases its grant. What says whose it was stays until the platform asks for its deletion,
 * for the platform names nothing but that.
 *
 * @returns whether the workspace had the account connected
 */
export async function disconnect(db: Database, scope: Scope, id: string, now: Millis): Promise<boolean> {
  const isConnected = and(inScope(scope), eq(accounts.id, id), isNull(accounts.disconnectedAt));
  const [, disconnected] = await db.batch([
    db
      .update(grants)
      .set(ERASED_TOKEN)
      .where(inArray(grants.id, db.select({ id: accounts.grantId }).from(accounts).where(isConnected))),
    db
      .update(accounts)
      .set({ disconnectedAt: now, health: "ok", healthReason: null })
      .where(isConnected)
      .returning({ id: accounts.id }),
  ]);
  return disconnected.length > 0;
}

/** What is left of a grant that was taken back. */
export const ERASED_TOKEN = {
  tokenEnvelope: null,
  expiresAt: null,
  dataAccessExpiresAt: null,
  scopes: null,
  renewAt: null,
  renewLeaseUntil: null,
  renewFault: null,
};

/**
 * Records how an account stands with its platform. Nothing is written when that is known, nor when the account has been
 * connected again meanwhile: what a platform says of an old token says nothing of the new one.
 *
 * @param account with the sealed token that the platform was called with
 */
export async function setAccountHealth(
  db: Database,
  account: { id: string; mode: Mode; tokenEnvelope: string },
  health: AccountHealth,
  reason: string | null,
): Promise<void> {
  const hasToken = sql`EXISTS (SELECT 1 FROM grants WHERE grants.id = accounts.grant_id
    AND grants.token_envelope = ${account.tokenEnvelope})`;
  await db
    .update(accounts)
    .set({ health, healthReason: reason })
    .where(
      and(eq(accounts.id, account.id), eq(accounts.mode, account.mode), sql`${accounts.health} <> ${health}`, hasToken),
    );
}

/** Which external account one of ours is, connected or not. */
export async function findExternalAccount(db: Database, scope: Scope, id: string): Promise<ExternalAccount | null> {
  const [row] = await db
    .select({ mode: accounts.mode, platform: accounts.platform, externalId: accounts.externalId })
    .from(accounts)
    .where(and(inScope(scope), eq(accounts.id, id)));
  return row ?? null;
}

/** Remembers how much of its daily publishing an account has used. */
export async function noteQuota(db: Database, account: { id: string; mode: Mode }, quota: AccountQuota): Promise<void> {
  await db
    .update(accounts)
    .set({ quota })
    .where(and(eq(accounts.id, account.id), eq(accounts.mode, account.mode)));
}

/** The ids of those of the named external accounts that are connected, by external id; ids of two platforms differ. */
export async function findAccountIds(db: Database, scope: Scope, externalIds: string[]): Promise<Map<string, string>> {
  const rows = await db
    .select({ id: accounts.id, externalId: accounts.externalId })
    .from(accounts)
    // One JSON parameter: D1 takes a hundred at most.
    .where(
      and(
        inScope(scope),
        isNull(accounts.disconnectedAt),
        inArray(accounts.externalId, sql`(SELECT value FROM json_each(${JSON.stringify(externalIds)}))`),
      ),
    );
  return new Map(rows.map((row) => [row.externalId, row.id]));
}
