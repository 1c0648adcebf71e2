import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { AccountHealth, Mode, PlatformId, Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { accounts, grants } from "./schema.ts";

/** A connected account with the end of its token. */
export type AccountRow = typeof accounts.$inferSelect & { tokenExpiresAt: Millis | null };

const withGrant = { account: accounts, tokenExpiresAt: grants.expiresAt };

function inScope(scope: Scope) {
  return and(eq(accounts.workspaceId, scope.workspaceId), eq(accounts.mode, scope.mode));
}

/** Every account of a workspace, oldest first. */
export async function listAccounts(db: Database, scope: Scope): Promise<AccountRow[]> {
  const rows = await db
    .select(withGrant)
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(inScope(scope))
    .orderBy(asc(accounts.id));
  return rows.map(({ account, tokenExpiresAt }) => ({ ...account, tokenExpiresAt }));
}

/** Those of the named accounts that the workspace has. */
export async function findAccounts(db: Database, scope: Scope, ids: string[]): Promise<AccountRow[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .select(withGrant)
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(and(inScope(scope), inArray(accounts.id, ids)));
  return rows.map(({ account, tokenExpiresAt }) => ({ ...account, tokenExpiresAt }));
}

/** @returns null when the workspace has not connected this account of the platform */
export async function findAccountByExternalId(
  db: Database,
  scope: Scope,
  platform: PlatformId,
  externalId: string,
): Promise<AccountRow | null> {
  const [row] = await db
    .select(withGrant)
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(and(inScope(scope), eq(accounts.platform, platform), eq(accounts.externalId, externalId)));
  return row ? { ...row.account, tokenExpiresAt: row.tokenExpiresAt } : null;
}

/**
 * Stores an account with its token. One that the workspace has connected before keeps its id, and so its posts and its
 * history: only the token, the name and the health are new.
 */
export async function saveAccount(
  db: Database,
  account: typeof accounts.$inferInsert,
  grant: { tokenEnvelope: string; expiresAt: Millis | null; updatedAt: Millis },
): Promise<void> {
  const { tokenEnvelope, expiresAt, updatedAt } = grant;
  await db.batch([
    db
      .insert(grants)
      .values({
        id: account.grantId,
        workspaceId: account.workspaceId,
        mode: account.mode,
        tokenEnvelope,
        expiresAt,
        updatedAt,
      })
      .onConflictDoUpdate({ target: grants.id, set: { tokenEnvelope, expiresAt, updatedAt } }),
    db
      .insert(accounts)
      .values(account)
      .onConflictDoUpdate({
        target: [accounts.workspaceId, accounts.mode, accounts.platform, accounts.externalId],
        set: {
          username: account.username,
          graphHost: account.graphHost,
          grantId: account.grantId,
          health: "ok",
          healthReason: null,
        },
      }),
  ]);
}

/** Remembers how much of its daily publishing an account has used. */
export async function noteQuota(
  db: Database,
  account: { id: string; mode: Mode },
  quota: NonNullable<(typeof accounts.$inferSelect)["quota"]>,
): Promise<void> {
  await db
    .update(accounts)
    .set({ quota })
    .where(and(eq(accounts.id, account.id), eq(accounts.mode, account.mode)));
}

/**
 * Records how an account stands with its platform. Nothing is written when that is known, or when the account has been
 * connected anew since: what an old token met says nothing of the new one.
 */
export async function setAccountHealth(
  db: Database,
  account: { id: string; mode: Mode; grantId: string; grantUpdatedAt: Millis },
  health: AccountHealth,
  reason: string | null,
): Promise<void> {
  await db
    .update(accounts)
    .set({ health, healthReason: reason })
    .where(
      and(
        eq(accounts.id, account.id),
        eq(accounts.mode, account.mode),
        sql`${accounts.health} <> ${health}`,
        sql`EXISTS (SELECT 1 FROM ${grants} WHERE ${grants.id} = ${account.grantId}
          AND ${grants.updatedAt} = ${account.grantUpdatedAt})`,
      ),
    );
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
        inArray(accounts.externalId, sql`(SELECT value FROM json_each(${JSON.stringify(externalIds)}))`),
      ),
    );
  return new Map(rows.map((row) => [row.externalId, row.id]));
}
