import type { SQL } from "drizzle-orm";
import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { forgetStrangers } from "./members.ts";
import { posts, workspaces } from "./schema.ts";
import { suspensionScope } from "./suspensions.ts";

/*
 * How a workspace that was deleted goes, table by table and some rows at a time. Every call may be repeated, and finds
 * what the one before has left.
 */

/** A workspace that was deleted, and not yet all of it. */
export interface DeletedWorkspace {
  id: string;
  deletedAt: Millis;
}

/** Reads all workspaces: to be asked now and then. */
export async function findDeletedWorkspaces(db: Database, limit: number): Promise<DeletedWorkspace[]> {
  const { id, deletedAt } = workspaces;
  const rows = await db
    .select({ id, deletedAt: sql<Millis>`${deletedAt}` })
    .from(workspaces)
    .where(isNotNull(deletedAt))
    .orderBy(asc(deletedAt))
    .limit(limit);
  return rows;
}

export async function findPostsOf(db: Database, workspaceId: string, limit: number): Promise<PostRef[]> {
  const rows = await db
    .select({ workspaceId: posts.workspaceId, mode: posts.mode, postId: posts.id })
    .from(posts)
    .where(eq(posts.workspaceId, workspaceId))
    .limit(limit);
  return rows;
}

/** Deletes posts. Locks that their tasks hold go with the claims, with their accounts. */
export async function erasePosts(db: Database, refs: readonly PostRef[]): Promise<void> {
  const one = sql`(SELECT value ->> 'workspaceId', value ->> 'mode', value ->> 'postId'
    FROM json_each(${JSON.stringify(refs)}))`;
  await db.batch([statement(db, sql`DELETE FROM posts WHERE (workspace_id, mode, id) IN ${one}`)]);
}

/** Turns media into uploads that were given up: the sweeper deletes their bytes, and then forgets them. */
export async function giveUpMedia(db: Database, workspaceId: string, limit: number, now: Millis): Promise<boolean> {
  const some = sql`FROM media WHERE workspace_id = ${workspaceId} ORDER BY mode, id LIMIT ${limit}`;
  const [, deleted] = await db.batch([
    statement(
      db,
      sql`INSERT INTO media_uploads (media_id, workspace_id, mode, created_at, expires_at)
        SELECT id, workspace_id, mode, ${now}, 0 FROM (SELECT id, workspace_id, mode ${some}) WHERE true
        ON CONFLICT DO UPDATE SET expires_at = 0`,
    ),
    statement(db, sql`DELETE FROM media WHERE id IN (SELECT id FROM (SELECT id, mode ${some}))`),
  ]);
  return deleted.meta.changes > 0;
}

/** Tables whose keys, or an index, begin with the workspace: the columns that name a row. */
const BY_WORKSPACE = {
  post_contents: "workspace_id, mode, post_id, id",
  tasks: "workspace_id, mode, account_id, post_id",
  post_media: "workspace_id, mode, media_id, post_id",
  post_metadata: "workspace_id, mode, name, value, post_id",
  recent_contents: "workspace_id, mode, account_id, fingerprint",
  post_counts: "workspace_id, mode",
  idempotency: "workspace_id, mode, key",
  events: "id",
  members: "workspace_id, person_id",
  sign_in_links: "token_hash",
  account_groups: "id",
} as const;

/**
 * The newest line of all goes last of its workspace's, together with the seals: what is logged next takes its number, and
 * behind a seal that still reaches that number it would never be sealed.
 */
function mayGo(workspaceId: string): SQL {
  return sql`(seq < (SELECT max(seq) FROM audit_log) OR NOT EXISTS (
    SELECT 1 FROM audit_log AS o WHERE o.workspace_id = ${workspaceId} AND o.seq <> audit_log.seq))`;
}

/** Tables that are read through, when nothing else is left. */
const READ_THROUGH = {
  commit_locks: "mode, platform, external_id, fingerprint",
  grants: "id",
  consents: "id",
  connect_links: "id",
  passkeys: "id",
  sessions: "token_hash",
} as const;

function deleteSome(db: Database, table: string, key: string, rows: SQL) {
  return statement(db, sql`DELETE FROM ${sql.raw(table)} WHERE (${sql.raw(key)}) IN (SELECT ${sql.raw(key)} ${rows})`);
}

/**
 * Deletes some rows of each table, in an order in which nothing is left that only a deleted row led to.
 *
 * @returns whether there were any
 */
export async function eraseRows(db: Database, workspaceId: string, limit: number): Promise<boolean> {
  const isOf = sql`workspace_id = ${workspaceId}`;
  const own = (table: string, condition: SQL = sql`true`) =>
    sql`FROM ${sql.raw(table)} WHERE ${isOf} AND ${condition} LIMIT ${limit}`;
  const indexed = await changesOf(db, [
    ...Object.entries(BY_WORKSPACE).map(([table, key]) => deleteSome(db, table, key, own(table))),
    deleteSome(db, "audit_log", "seq", own("audit_log", mayGo(workspaceId))),
    // Those that reach furthest first, and none before its last line: behind the greatest number that any seal reaches,
    // lines are taken as not sealed.
    deleteSome(
      db,
      "audit_seals",
      "workspace_id, mode, through_seq",
      own(
        "audit_seals",
        sql`NOT EXISTS (SELECT 1 FROM audit_log l WHERE l.workspace_id = audit_seals.workspace_id)
          ORDER BY through_seq DESC`,
      ),
    ),
    deleteSome(
      db,
      "deliveries",
      "webhook_id, event_at, event_id",
      sql`FROM deliveries WHERE webhook_id IN (SELECT id FROM webhooks WHERE ${isOf}) LIMIT ${limit}`,
    ),
    deleteSome(
      db,
      "webhooks",
      "id",
      own("webhooks", sql`NOT EXISTS (SELECT 1 FROM deliveries WHERE webhook_id = webhooks.id)`),
    ),
    deleteSome(
      db,
      "replaced_secrets",
      "digest",
      sql`FROM replaced_secrets WHERE key_id IN (SELECT id FROM api_keys WHERE ${isOf}) LIMIT ${limit}`,
    ),
    deleteSome(
      db,
      "api_keys",
      "id",
      own("api_keys", sql`NOT EXISTS (SELECT 1 FROM replaced_secrets WHERE key_id = api_keys.id)`),
    ),
    statement(
      db,
      sql`DELETE FROM manual_pauses WHERE scope IN (SELECT 'account:' || id FROM accounts WHERE ${isOf}
        UNION ALL VALUES (${`workspace:${workspaceId}/live`}), (${`workspace:${workspaceId}/test`}))`,
    ),
    deleteSome(
      db,
      "platform_posts",
      "mode, platform, external_id, platform_post_id",
      sql`FROM (SELECT p.* FROM accounts a JOIN platform_posts p ON p.mode = a.mode AND p.platform = a.platform
        AND p.external_id = a.external_id AND p.account_id = a.id WHERE a.workspace_id = ${workspaceId} LIMIT ${limit})`,
    ),
    deleteSome(
      db,
      "accounts",
      "id",
      own(
        "accounts",
        sql`NOT EXISTS (SELECT 1 FROM platform_posts p WHERE p.mode = accounts.mode AND p.platform = accounts.platform
          AND p.external_id = accounts.external_id AND p.account_id = accounts.id)`,
      ),
    ),
  ]);
  if (indexed > 0) return true;
  const others = Object.entries(READ_THROUGH).map(([table, key]) => deleteSome(db, table, key, own(table)));
  return (await changesOf(db, others)) > 0;
}

async function changesOf(db: Database, statements: ReturnType<typeof statement>[]): Promise<number> {
  const [first, ...others] = statements;
  if (!first) return 0;
  const results = await db.batch([first, ...others]);
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}

/** Forgets a workspace of which nothing else is left, and people who belonged nowhere else. */
export async function eraseWorkspaceRow(db: Database, workspaceId: string): Promise<void> {
  await db.batch([
    statement(db, sql`DELETE FROM manual_pauses WHERE scope = ${suspensionScope(workspaceId)}`),
    ...forgetStrangers(db, null),
    db.delete(workspaces).where(and(eq(workspaces.id, workspaceId), isNotNull(workspaces.deletedAt))),
  ]);
}
