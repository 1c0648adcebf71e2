import type { Placeholder, SQL } from "drizzle-orm";
import { and, asc, eq, inArray, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { reaches } from "../lib/access.ts";
import type { Millis } from "../lib/clock.ts";
import type { Access, AccountHealth, Mode, PlatformId, Scope } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { ExternalAccount } from "./commits.ts";
import type { Database, World } from "./database.ts";
import type { DeliveryRef } from "./deliveries.ts";
import type { NewEvent } from "./events.ts";
import { deliveriesOf, tell } from "./events.ts";
import type { AccountQuota } from "./schema.ts";
import { accounts, grants } from "./schema.ts";

type Account = typeof accounts.$inferSelect;
export type GrantRow = typeof grants.$inferSelect;

/** An account with what its token's end is judged by. Disconnected ones are not found but where it says so. */
export type AccountRow = Account & {
  tokenExpiresAt: Millis | null;
  dataAccessExpiresAt: Millis | null;
  renewAt: Millis | null;
  renewFault: string | null;
  /** When its token was taken from the platform. */
  tokenTakenAt: Millis;
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
    tokenTakenAt: grants.updatedAt,
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

/** The connected accounts within reach with these ids; a statement, for a batch. */
export function selectAccounts(db: Database, access: Access, ids: readonly string[]) {
  const reached = ids.filter((id) => reaches(access, id));
  return selectConnected(db, access.scope, JSON.stringify(reached));
}

/** The same of a whole world. @param ids as JSON */
export function selectConnected(db: Database, world: World, ids: string | Placeholder) {
  return db
    .select(WITH_GRANT)
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(
      and(
        // Without the index of a workspace's accounts: by their ids they are found among however many.
        sql`+${accounts.workspaceId} = ${world.workspaceId}`,
        sql`+${accounts.mode} = ${world.mode}`,
        isNull(accounts.disconnectedAt),
        // One JSON parameter: D1 takes a hundred at most, and a person may have connected more.
        inArray(accounts.id, sql`(SELECT value FROM json_each(${ids}))`),
      ),
    );
}

/** Every account within reach, oldest first. */
export async function listAccounts(db: Database, { scope, accountIds }: Access): Promise<AccountRow[]> {
  const isReached =
    accountIds === null
      ? undefined
      : inArray(accounts.id, sql`(SELECT value FROM json_each(${JSON.stringify(accountIds)}))`);
  const rows = await db
    .select(WITH_GRANT)
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(and(inScope(scope), isNull(accounts.disconnectedAt), isReached))
    .orderBy(asc(accounts.id));
  return rows.map(accountRow);
}

/** What accounts are called. */
export type AccountName = Pick<Account, "id" | "platform" | "username">;

/** Those of the named accounts that the workspace has ever connected: their posts are still there. */
export async function findAccountNames(db: Database, scope: Scope, ids: readonly string[]): Promise<AccountName[]> {
  return db
    .select({ id: accounts.id, platform: accounts.platform, username: accounts.username })
    .from(accounts)
    .where(and(inScope(scope), inArray(accounts.id, sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`)));
}

/** Whether a workspace has connected anything that is not of the sandbox. */
export async function hasLiveAccount(db: Database, workspaceId: string): Promise<boolean> {
  const [row] = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(inScope({ workspaceId, mode: "live" }), isNull(accounts.disconnectedAt)))
    .limit(1);
  return row !== undefined;
}

/** Those of the named accounts that are connected and within reach. */
export async function findAccounts(db: Database, access: Access, ids: readonly string[]): Promise<AccountRow[]> {
  return (await selectAccounts(db, access, ids)).map(accountRow);
}

/** @returns null when there is no such account within reach */
export async function findAccount(db: Database, access: Access, id: string): Promise<AccountRow | null> {
  const [row] = await selectAccounts(db, access, [id]);
  return row ? accountRow(row) : null;
}

/**
 * An account with its sealed token.
 *
 * @returns null when there is no such account within reach
 */
export async function findAccountToken(
  db: Database,
  access: Access,
  id: string,
): Promise<{ account: Account; tokenEnvelope: string | null } | null> {
  if (!reaches(access, id)) return null;
  const [row] = await db
    .select({ account: accounts, tokenEnvelope: grants.tokenEnvelope })
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(and(inScope(access.scope), isNull(accounts.disconnectedAt), eq(accounts.id, id)));
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

/**
 * Stores an account with its grant and the event that tells of it, all or nothing; repeating it changes nothing. One
 * that the workspace has connected before keeps its id, its grant's id, its labels, and so its posts and its history.
 *
 * @param now real time
 * @returns what is to be sent, once the account is stored under this id; null when somebody else connected it in the same
 *   moment
 */
export async function saveAccount(
  db: Database,
  account: Account,
  grant: GrantRow,
  event: NewEvent,
  record: ChangeRecord,
  now: Millis,
): Promise<DeliveryRef[] | null> {
  const { id: grantId, ...grantFields } = grant;
  const isStored = sql`EXISTS (SELECT 1 FROM accounts WHERE id = ${account.id} AND grant_id = ${grantId})`;
  const work = [
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
    ...tell(db, account, [event], now, isStored),
    db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, account.id)),
  ] as const;
  const [, , , told, , stored] = await commitChange(db, record, work, isStored);
  return stored.length > 0 ? deliveriesOf(told) : null;
}

/** What a workspace says of an account itself. */
export type AccountEdit = Partial<Pick<Account, "labels" | "groupId">>;

/** @returns whether there is such an account within reach */
export async function updateAccount(
  db: Database,
  access: Access,
  id: string,
  edit: AccountEdit,
  record: ChangeRecord,
): Promise<boolean> {
  if (!reaches(access, id)) return false;
  const [changed] = await commitChange(db, record, [
    db
      .update(accounts)
      .set(edit)
      .where(and(inScope(access.scope), eq(accounts.id, id), isNull(accounts.disconnectedAt)))
      .returning({ id: accounts.id }),
  ]);
  return changed.length > 0;
}

/**
 * Disconnects an account and erases its grant. What says whose it was stays until the platform asks for its deletion,
 * for the platform names nothing but that.
 *
 * @returns whether there was such an account within reach
 */
export async function disconnect(
  db: Database,
  access: Access,
  id: string,
  record: ChangeRecord,
  now: Millis,
): Promise<boolean> {
  if (!reaches(access, id)) return false;
  const isConnected = and(inScope(access.scope), eq(accounts.id, id), isNull(accounts.disconnectedAt));
  const [, disconnected] = await commitChange(db, record, [
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
  warnAt: null,
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
  health: Exclude<AccountHealth, "needs_reconnect">,
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

/**
 * Records that an account must be connected again, and tells of it, unless that is known or it has another token by now.
 *
 * @returns what is to be sent
 */
export async function setNeedsReconnect(
  db: Database,
  scope: Scope,
  account: { id: string; tokenEnvelope: string },
  reason: string,
  event: NewEvent,
  now: Millis,
): Promise<DeliveryRef[]> {
  const isNews = isWellWith(account.id, account.tokenEnvelope);
  const [told] = await db.batch([
    ...tell(db, scope, [event], now, isNews),
    db
      .update(accounts)
      .set({ health: "needs_reconnect", healthReason: reason })
      .where(and(eq(accounts.id, account.id), isNews)),
  ]);
  return deliveriesOf(told);
}

/** Whether nobody has said yet that the account must be connected again, and it has the token that this is about. */
export function isWellWith(accountId: string, envelope: string): SQL {
  return sql`EXISTS (SELECT 1 FROM accounts AS a JOIN grants AS g ON g.id = a.grant_id WHERE a.id = ${accountId}
    AND a.health <> 'needs_reconnect' AND g.token_envelope = ${envelope})`;
}

/** Accounts whose grant is to be looked at, for its end may be near. */
export async function findAccountsToWarnOf(db: Database, now: Millis, limit: number): Promise<AccountRow[]> {
  const rows = await db
    .select(WITH_GRANT)
    .from(grants)
    .innerJoin(accounts, eq(accounts.grantId, grants.id))
    .where(and(isNotNull(grants.warnAt), lte(grants.warnAt, now)))
    .orderBy(grants.warnAt)
    .limit(limit);
  return rows.map(accountRow);
}

/**
 * Tells of the end of an account's grant, and remembers when to look again; nothing is done when it was connected again
 * meanwhile.
 *
 * @param warning `reason`: why the account must be connected again, when its grant has ended
 * @returns what is to be sent
 */
export async function recordWarning(
  db: Database,
  account: AccountRow,
  { event, reason, warnAt }: { event: NewEvent | null; reason: string | null; warnAt: Millis | null },
  now: Millis,
): Promise<DeliveryRef[]> {
  const isSame = sql`EXISTS (SELECT 1 FROM grants WHERE id = ${account.grantId}
    AND updated_at = ${account.tokenTakenAt} AND warn_at <= ${now})`;
  const telling = event === null ? [] : tell(db, account, [event], now, isSame);
  const results = await db.batch([
    db
      .update(accounts)
      .set(reason === null ? { health: sql`health` } : { health: "needs_reconnect", healthReason: reason })
      .where(and(eq(accounts.id, account.id), isSame)),
    ...telling,
    db
      .update(grants)
      .set({ warnAt })
      .where(and(eq(grants.id, account.grantId), isSame)),
  ]);
  return event === null ? [] : deliveriesOf(results[1]);
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
