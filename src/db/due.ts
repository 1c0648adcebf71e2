import { sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Database } from "./database.ts";

/** What waits for its time, each with the column that says when; each column has an index, or of these rows. */
const WAITING = {
  posts: ["posts", "wake_by"],
  deliveries: ["deliveries", "next_attempt_at"],
  probes: ["webhooks", "probe_at"],
  renewals: ["grants", "renew_at"],
  warnings: ["grants", "warn_at"],
  keys: ["idempotency", "expires_at", "post_id IS NULL"],
  contents: ["recent_contents", "expires_at"],
  consents: ["consents", "expires_at"],
  connectLinks: ["connect_links", "expires_at"],
  revokedKeys: ["api_keys", "revoked_at"],
  sessions: ["sessions", "expires_at"],
  signInLinks: ["sign_in_links", "expires_at"],
  ceremonies: ["ceremonies", "expires_at"],
  media: ["media", "expires_at"],
  uploads: ["media_uploads", "expires_at"],
} as const;

/** The earliest of each kind, whether its time has come or not; null: there is none. Real time. */
export type EarliestWaiting = Record<keyof typeof WAITING, Millis | null>;

/** Looks what waits for its time, in one round trip: one row of each kind is read, however many there are. */
export async function findEarliestWaiting(db: Database): Promise<EarliestWaiting> {
  const firsts = Object.entries(WAITING).map(([kind, [table, column, ofThese = "true"]]) => {
    const at = sql.identifier(column);
    return sql`(SELECT ${at} FROM ${sql.identifier(table)} WHERE ${at} IS NOT NULL AND ${sql.raw(ofThese)} ORDER BY ${at} LIMIT 1)
      AS ${sql.identifier(kind)}`;
  });
  return db.get<EarliestWaiting>(sql`SELECT ${sql.join(firsts, sql`, `)}`);
}
