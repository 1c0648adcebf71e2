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
}

interface SessionDeps {
  db: Database;
  clock: Clock;
}

/** @returns the secret for the cookie */
export async function startSession({ db, clock }: SessionDeps, personId: string): Promise<string> {
  const now = clock();
  const secret = newSecret();
  const tokenHash = await sha256Hex(secret);
  await insertSession(db, { tokenHash, personId, createdAt: now, seenAt: now, expiresAt: now + SESSION_LIFE });
  return secret;
}

/** @returns null when the secret opens no session, or it has ended */
export async function whoIsSignedIn({ db, clock }: SessionDeps, secret: string): Promise<SignedIn | null> {
  const now = clock();
  const tokenHash = await sha256Hex(secret);
  const found = await findSession(db, tokenHash, { now, seenSince: now - IDLE_LIFE });
  if (!found) return null;
  if (found.session.seenAt <= now - MINUTE) await noteUseOfSession(db, tokenHash, now);
  return { personId: found.session.personId, name: found.name };
}

export async function endSession({ db }: SessionDeps, secret: string): Promise<void> {
  await deleteSession(db, await sha256Hex(secret));
}
