import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { PostRef, PostStatus, Scope } from "../lib/vocabulary.ts";
import type { ProjectedApproval } from "./approvals.ts";
import type { AuditLine } from "./audit-log.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import type { PostState } from "./posts.ts";
import { inRealTime } from "./test-clock.ts";
import type { Timeline } from "./timeline.ts";

/*
 * How new posts are stored: one statement for each kind of row, whatever the number of posts. The posts are a parameter,
 * as JSON, of which each is a row named `made`.
 */

/** A post that is to be stored, with the tasks it starts with. */
export interface NewPostRow {
  ref: PostRef;
  createdAt: Millis;
  version: number;
  content: string;
  media: string[];
  /** All media it needs: that, and what options name. */
  usedMedia: string[];
  /** The media does not expire before that. */
  mediaKeptUntil: Millis;
  options: { [platform: string]: Json };
  platforms: string[];
  scheduledAt: Millis;
  publishBefore: Millis | null;
  externalId: string | null;
  metadata: { [name: string]: string } | null;
  status: PostStatus;
  state: PostState;
  timeline: Timeline;
  /** On the clock that the scope's posts live by, as all times here. */
  wakeBy: Millis;
  /** Null: nobody is asked. */
  approval: ProjectedApproval | null;
  audit: AuditLine;
}

/** A member of a row of JSON, as a value of SQL. */
export function member(name: string): SQL {
  return sql`(made.value ->> ${sql.raw(`'${name}'`)})`;
}

/** Rows of JSON, each named `made`. */
export function madeOf(rows: readonly object[]): SQL {
  return sql`json_each(${JSON.stringify(rows)}) AS made`;
}

/**
 * The statements that store new posts, their tasks, their names and values, their use of media and their place in the
 * counters, for one batch. Repeating the batch changes nothing.
 *
 * @param posts of one scope and one status
 * @param condition a post is stored only where this holds of `made`, which has its `id`, and what `extend` gives it
 */
export function insertPosts<P extends NewPostRow>(
  db: Database,
  scope: Scope,
  posts: readonly P[],
  condition: SQL,
  extend: (post: P) => object,
) {
  const { workspaceId, mode } = scope;
  const status = sql.identifier(statusOf(posts));
  const rows = posts.map((post) => ({
    id: post.ref.postId,
    createdAt: post.createdAt,
    version: post.version,
    content: post.content,
    media: JSON.stringify(post.media),
    options: JSON.stringify(post.options),
    platforms: JSON.stringify(post.platforms),
    scheduledAt: post.scheduledAt,
    publishBefore: post.publishBefore,
    externalId: post.externalId,
    metadata: post.metadata && JSON.stringify(post.metadata),
    status: post.status,
    state: JSON.stringify(post.state),
    timeline: JSON.stringify(post.timeline),
    wakeBy: post.wakeBy,
    approval: post.approval && JSON.stringify(post.approval),
    ...extend(post),
  }));
  const used = posts.map(({ ref, usedMedia, mediaKeptUntil }) => ({
    id: ref.postId,
    usedMedia,
    until: mediaKeptUntil,
  }));
  const isStored = sql`EXISTS (SELECT 1 FROM posts
    WHERE workspace_id = ${workspaceId} AND mode = ${mode} AND id = ${member("id")})`;
  return [
    statement(
      db,
      sql`
      INSERT INTO posts (workspace_id, mode, id, created_at, version, content, media, options, platforms, scheduled_at,
        publish_before, external_id, metadata, approval, status, state, timeline, seq, wake_by)
      SELECT ${workspaceId}, ${mode}, ${member("id")}, ${member("createdAt")}, ${member("version")}, ${member("content")},
        ${member("media")}, ${member("options")}, ${member("platforms")}, ${member("scheduledAt")},
        ${member("publishBefore")}, ${member("externalId")}, ${member("metadata")}, ${member("approval")}, ${member("status")},
        ${member("state")}, ${member("timeline")}, 0, ${inRealTime(scope, member("wakeBy"))}
      FROM ${madeOf(rows)} WHERE ${condition} ON CONFLICT DO NOTHING`,
    ),
    // Directly after the insert: a repeat that inserted nothing counts nothing.
    statement(
      db,
      sql`
      INSERT INTO post_counts (workspace_id, mode, ${status})
      SELECT ${workspaceId}, ${mode}, changes() WHERE changes() > 0
      ON CONFLICT DO UPDATE SET ${status} = ${status} + excluded.${status}`,
    ),
    // Still after it: nor does a repeat write anything down.
    statement(
      db,
      sql`
      INSERT INTO audit_log (id, workspace_id, mode, at, action, actor, target, request_id, ip)
      SELECT ${member("lineId")}, ${workspaceId}, ${mode}, ${member("at")}, ${member("action")}, ${member("actor")},
        ${member("id")}, ${member("requestId")}, ${member("ip")}
      FROM ${madeOf(posts.map(lineOf))} WHERE changes() > 0 AND ${isStored}`,
    ),
    statement(
      db,
      sql`
      INSERT INTO tasks (workspace_id, mode, account_id, post_id, platform)
      SELECT ${workspaceId}, ${mode}, task.value ->> 'accountId', ${member("id")}, task.value ->> 'platform'
      FROM ${madeOf(posts.map(tasksOf))}, json_each(made.value -> 'tasks') AS task
      WHERE ${isStored} ON CONFLICT DO NOTHING`,
    ),
    statement(
      db,
      sql`
      INSERT INTO post_metadata (workspace_id, mode, name, value, post_id)
      SELECT ${workspaceId}, ${mode}, pair.value ->> 0, pair.value ->> 1, ${member("id")}
      FROM ${madeOf(posts.map(pairsOf))}, json_each(made.value -> 'pairs') AS pair
      WHERE ${isStored} ON CONFLICT DO NOTHING`,
    ),
    statement(
      db,
      sql`
      INSERT INTO post_media (workspace_id, mode, media_id, post_id)
      SELECT ${workspaceId}, ${mode}, used.value, ${member("id")}
      FROM ${madeOf(used)}, json_each(made.value -> 'usedMedia') AS used
      WHERE ${isStored} ON CONFLICT DO NOTHING`,
    ),
    statement(
      db,
      sql`
      UPDATE media SET expires_at = used.until FROM (
        SELECT used.value AS id, max(${member("until")}) AS until
        FROM ${madeOf(used)}, json_each(made.value -> 'usedMedia') AS used
        WHERE ${isStored} GROUP BY used.value) AS used
      WHERE media.id = used.id AND workspace_id = ${workspaceId} AND mode = ${mode} AND expires_at < used.until`,
    ),
  ] as const;
}

function statusOf([first, ...others]: readonly NewPostRow[]): PostStatus {
  if (!first || others.some(({ status }) => status !== first.status))
    throw new Error("the posts are not of one status");
  return first.status;
}

function tasksOf({ ref, state }: NewPostRow): object {
  return { id: ref.postId, tasks: state.tasks.map(({ accountId, platform }) => ({ accountId, platform })) };
}

function lineOf({ ref, audit }: NewPostRow): object {
  return { ...audit, id: ref.postId, lineId: audit.id };
}

function pairsOf({ ref, metadata }: NewPostRow): object {
  return { id: ref.postId, pairs: Object.entries(metadata ?? {}) };
}

/** Holds where all of `made.usedMedia` is there: what is being deleted in the same moment is gone, or stays. */
export function hasItsMedia({ workspaceId, mode }: Scope): SQL {
  return sql`(SELECT count(*) FROM media WHERE workspace_id = ${workspaceId} AND mode = ${mode}
    AND id IN (SELECT value FROM json_each(made.value -> 'usedMedia'))) = json_array_length(made.value, '$.usedMedia')`;
}
