import type { Database } from "../db/database.ts";
import { deleteSession, findSession, insertSession, noteUseOfSession } from "../db/sessions.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { DAY, HOUR, MINUTE } from "../lib/clock.ts";
import { newSecret, sha256Hex } from "../lib/crypto.ts";

/*
 * Who is signed in, by the secret in their browser's cookie; the database has its digest alone.
 */

/** A session that is not used for so long has ended, and any has after so long. */
const IDLE_LIFE: Millis = 12 * HOUR;
export const SESSION_LIFE: Millis = 7 * DAY;

/** A person who is signed in. */
export interface SignedIn {
  personId: string;
  name: string;
  /** The only workspace that they get into; null: all that they belong to. */
  workspaceId: string | null;
}

interface SessionDeps {
  db: Database;
  clock: Clock;
}

/** @returns the secret for the cookie */
export async function startSession(
  { db, clock }: SessionDeps,
  { personId, workspaceId }: Pick<SignedIn, "personId" | "workspaceId">,
): Promise<string> {
  const now = clock();
  const secret = newSecret();
  const tokenHash = await sha256Hex(secret);
  const row = { tokenHash, personId, workspaceId, createdAt: now, seenAt: now, expiresAt: now + SESSION_LIFE };
  await insertSession(db, row);
  return secret;
}

/** @returns null when the secret opens no session, or it has ended */
export async function whoIsSignedIn({ db, clock }: SessionDeps, secret: string): Promise<SignedIn | null> {
  const now = clock();
  const tokenHash = await sha256Hex(secret);
  const found = await findSession(db, tokenHash, { now, seenSince: now - IDLE_LIFE });
  if (!found) return null;
  if (found.session.seenAt <= now - MINUTE) await noteUseOfSession(db, tokenHash, now);
  const { personId, workspaceId } = found.session;
  return { personId, name: found.name, workspaceId };
}

export async function endSession({ db }: SessionDeps, secret: string): Promise<void> {
  await deleteSession(db, await sha256Hex(secret));
}
