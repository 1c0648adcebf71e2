import { and, eq, isNotNull, isNull, lte, or } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { AuthProvider, Mode } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { accounts, grants } from "./schema.ts";

/*
 * The renewal of tokens. One consumer at a time has it for itself, and what it stores it stores over the envelope that
 * it began with: over a token that somebody else stored meanwhile it stores nothing.
 */

/** Names one grant. */
export interface GrantRef {
  workspaceId: string;
  mode: Mode;
  grantId: string;
}

function isGrant(ref: GrantRef) {
  return and(eq(grants.id, ref.grantId), eq(grants.workspaceId, ref.workspaceId), eq(grants.mode, ref.mode));
}

function isDue(now: Millis) {
  return and(
    isNotNull(grants.renewAt),
    lte(grants.renewAt, now),
    or(isNull(grants.renewLeaseUntil), lte(grants.renewLeaseUntil, now)),
  );
}

/** The grants whose tokens are to be renewed and that nobody is renewing, the longest due first. */
export async function findGrantsToRenew(db: Database, now: Millis, limit: number): Promise<GrantRef[]> {
  return db
    .select({ workspaceId: grants.workspaceId, mode: grants.mode, grantId: grants.id })
    .from(grants)
    .where(isDue(now))
    .orderBy(grants.renewAt)
    .limit(limit);
}

/** A grant that is being renewed. */
export interface LeasedGrant {
  tokenEnvelope: string;
  expiresAt: Millis | null;
  provider: AuthProvider;
}

/** @returns null when the grant is not due, or somebody else is renewing it */
export async function takeRenewLease(
  db: Database,
  ref: GrantRef,
  now: Millis,
  until: Millis,
): Promise<LeasedGrant | null> {
  const [taken, [account]] = await db.batch([
    db
      .update(grants)
      .set({ renewLeaseUntil: until })
      .where(and(isGrant(ref), isDue(now)))
      .returning({ tokenEnvelope: grants.tokenEnvelope, expiresAt: grants.expiresAt }),
    db.select({ provider: accounts.graphHost }).from(accounts).where(eq(accounts.grantId, ref.grantId)),
  ]);
  const [grant] = taken;
  if (!grant || !account || grant.tokenEnvelope === null) return null;
  return { tokenEnvelope: grant.tokenEnvelope, expiresAt: grant.expiresAt, provider: account.provider };
}

/** What a renewal changes. `tokenEnvelope` only when there is a new token. */
export interface Renewal {
  tokenEnvelope?: string;
  expiresAt?: Millis | null;
  updatedAt?: Millis;
  renewAt: Millis | null;
  renewFault: string | null;
  warnAt?: Millis | null;
}

/**
 * Ends a renewal.
 *
 * @param envelope the one that the renewal began with
 * @returns whether it was still the grant's
 */
export async function finishRenewal(db: Database, ref: GrantRef, envelope: string, renewal: Renewal): Promise<boolean> {
  const stored = await db
    .update(grants)
    .set({ ...renewal, renewLeaseUntil: null })
    .where(and(isGrant(ref), eq(grants.tokenEnvelope, envelope)))
    .returning({ id: grants.id });
  return stored.length > 0;
}

export async function findEnvelope(db: Database, ref: GrantRef): Promise<string | null> {
  const [row] = await db.select({ tokenEnvelope: grants.tokenEnvelope }).from(grants).where(isGrant(ref));
  return row?.tokenEnvelope ?? null;
}

/** Ends the renewals of a grant, unless it has another token by now. */
export async function endRenewals(db: Database, ref: GrantRef, envelope: string, reason: string): Promise<void> {
  await db
    .update(grants)
    .set({ renewAt: null, renewLeaseUntil: null, renewFault: reason })
    .where(and(isGrant(ref), eq(grants.tokenEnvelope, envelope)));
}

/** @returns the id of the account that a grant is of */
export async function findGrantAccount(db: Database, ref: GrantRef): Promise<string | null> {
  const [row] = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.grantId, ref.grantId));
  return row?.id ?? null;
}
