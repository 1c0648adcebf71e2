import type { Placeholder, SQL } from "drizzle-orm";
import { and, inArray, lte, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { Database, World } from "./database.ts";
import { prepared, SCOPE } from "./database.ts";
import { madeOf, member } from "./new-posts.ts";
import { recentContents } from "./schema.ts";

/*
 * What was said lately, where a workspace guards against saying it twice. A row counts until its time is over, and while
 * the post that it names has not failed, and was not canceled, on the account.
 */

/** What a post says to an account. */
export interface Said {
  accountId: string;
  /** SHA-256 of the text and the media, in hexadecimal. */
  fingerprint: string;
}

/** What was said, and the post that said it first. */
export type SaidBefore = Said & { postId: string };

/** @param now real time */
function counts({ workspaceId, mode }: World, now: Millis | Placeholder): SQL {
  return sql`recent_contents.expires_at > ${now} AND EXISTS (
    SELECT 1 FROM posts, json_each(posts.state, '$.tasks') AS task
    WHERE posts.workspace_id = ${workspaceId} AND posts.mode = ${mode} AND posts.id = recent_contents.post_id
      AND task.value ->> 'accountId' = recent_contents.account_id
      AND task.value ->> 'status' NOT IN ('failed', 'canceled'))`;
}

function isSaid({ workspaceId, mode }: World): SQL {
  return sql`recent_contents.workspace_id = ${workspaceId} AND recent_contents.mode = ${mode}
    AND recent_contents.account_id = said.value ->> 'accountId'
    AND recent_contents.fingerprint = said.value ->> 'fingerprint'`;
}

/** The present, of a prepared statement. Real time. */
const NOW = sql.placeholder("now");

/** Of a prepared statement: holds where nothing of `made.mustBeNew` was said by another post than `made.id`. */
export const IS_NEW = sql`NOT EXISTS (SELECT 1 FROM json_each(made.value -> 'mustBeNew') AS said CROSS JOIN recent_contents
  WHERE ${isSaid(SCOPE)} AND recent_contents.post_id <> ${member("id")} AND ${counts(SCOPE, NOW)})`;

const rememberSaid = prepared((db) =>
  db.run(sql`
    INSERT INTO recent_contents (workspace_id, mode, account_id, fingerprint, post_id, expires_at)
    SELECT ${SCOPE.workspaceId}, ${SCOPE.mode}, said.value ->> 'accountId', said.value ->> 'fingerprint', ${member("id")},
      ${sql.placeholder("expiresAt")}
    FROM ${madeOf("guarded")}, json_each(made.value -> 'said') AS said
    WHERE EXISTS (SELECT 1 FROM posts
      WHERE workspace_id = ${SCOPE.workspaceId} AND mode = ${SCOPE.mode} AND id = ${member("id")})
    ON CONFLICT DO UPDATE SET post_id = excluded.post_id, expires_at = excluded.expires_at
    WHERE NOT (${counts(SCOPE, NOW)})`),
);

/**
 * The statement that remembers what posts say that are stored in the same batch. Of what was said before, the first post
 * stays the one that is named.
 */
export function rememberContents(
  db: Database,
  scope: Scope,
  made: readonly { id: string; said: readonly Said[] }[],
  times: { now: Millis; expiresAt: Millis },
) {
  return rememberSaid(db, { ...scope, ...times, guarded: JSON.stringify(made) });
}

/** What was said lately of this, each with the post that said it first. */
export async function findSaid(db: Database, scope: Scope, said: readonly Said[], now: Millis): Promise<SaidBefore[]> {
  return db.all(sql`
    SELECT recent_contents.account_id AS accountId, recent_contents.fingerprint, recent_contents.post_id AS postId
    FROM json_each(${JSON.stringify(said)}) AS said CROSS JOIN recent_contents
    WHERE ${isSaid(scope)} AND ${counts(scope, now)}`);
}

/** Forgets what may be said again, some at a time. */
export async function deleteExpiredContents(db: Database, now: Millis, limit: number): Promise<void> {
  const expired = db
    .select({ fingerprint: recentContents.fingerprint })
    .from(recentContents)
    .where(lte(recentContents.expiresAt, now))
    .limit(limit);
  await db
    .delete(recentContents)
    .where(and(lte(recentContents.expiresAt, now), inArray(recentContents.fingerprint, expired)));
}
