import type { SQL } from "drizzle-orm";
import { and, eq, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { PostRef, PostStatus, Scope } from "../lib/vocabulary.ts";
import { POST_STATUSES } from "../lib/vocabulary.ts";
import type { ProjectedApproval } from "./approvals.ts";
import type { AuditLine } from "./audit-log.ts";
import type { Database } from "./database.ts";
import { prepared, SCOPE } from "./database.ts";
import type { PostState } from "./posts.ts";
import { posts as table } from "./schema.ts";
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

/** Rows of JSON, each named `made`: a value of a prepared statement. */
export function madeOf(name: string): SQL {
  return sql`json_each(${sql.placeholder(name)}) AS made`;
}

const { workspaceId, mode } = SCOPE;
const isStored = sql`EXISTS (SELECT 1 FROM posts
  WHERE workspace_id = ${workspaceId} AND mode = ${mode} AND id = ${member("id")})`;

/** Directly after the insert: a repeat that inserted nothing counts nothing. */
function countPosts(status: PostStatus) {
  const column = sql.identifier(status);
  return prepared((db) =>
    db.run(sql`
      INSERT INTO post_counts (workspace_id, mode, ${column})
      SELECT ${workspaceId}, ${mode}, changes() WHERE changes() > 0
      ON CONFLICT DO UPDATE SET ${column} = ${column} + excluded.${column}`),
  );
}

const count = Object.fromEntries(POST_STATUSES.map((status) => [status, countPosts(status)])) as {
  [Status in PostStatus]: ReturnType<typeof countPosts>;
};

const insertTasks = prepared((db) =>
  db.run(sql`
    INSERT INTO tasks (workspace_id, mode, account_id, post_id, platform)
    SELECT ${workspaceId}, ${mode}, task.value ->> 'accountId', ${member("id")}, task.value ->> 'platform'
    FROM ${madeOf("tasks")}, json_each(made.value -> 'tasks') AS task
    WHERE ${isStored} ON CONFLICT DO NOTHING`),
);

const insertMetadata = prepared((db) =>
  db.run(sql`
    INSERT INTO post_metadata (workspace_id, mode, name, value, post_id)
    SELECT ${workspaceId}, ${mode}, pair.value ->> 0, pair.value ->> 1, ${member("id")}
    FROM ${madeOf("pairs")}, json_each(made.value -> 'pairs') AS pair
    WHERE ${isStored} ON CONFLICT DO NOTHING`),
);

const insertMedia = prepared((db) =>
  db.run(sql`
    INSERT INTO post_media (workspace_id, mode, media_id, post_id)
    SELECT ${workspaceId}, ${mode}, used.value, ${member("id")}
    FROM ${madeOf("used")}, json_each(made.value -> 'usedMedia') AS used
    WHERE ${isStored} ON CONFLICT DO NOTHING`),
);

/** The media is found by its id, without the index of all that a workspace has. */
const keepMedia = prepared((db) =>
  db.run(sql`
    UPDATE media SET expires_at = used.until FROM (
      SELECT used.value AS id, max(${member("until")}) AS until
      FROM ${madeOf("used")}, json_each(made.value -> 'usedMedia') AS used
      WHERE ${isStored} GROUP BY used.value) AS used
    WHERE media.id = used.id AND +workspace_id = ${workspaceId} AND +mode = ${mode} AND expires_at < used.until`),
);

const selectStored = prepared((db) =>
  db
    .select({ id: table.id })
    .from(table)
    .where(
      and(
        eq(table.workspaceId, workspaceId),
        eq(table.mode, mode),
        sql`id IN (SELECT value FROM json_each(${sql.placeholder("ids")}))`,
      ),
    ),
);

/**
 * The statements that store new posts, their tasks and their place in the counters, and read which of them are stored, for one
 * batch; then those that store their names and values and their use of media, where they have any. Repeating the batch changes
 * nothing.
 *
 * @param condition a post is stored only where this holds of `made`, which has its `id` and the members that it is given
 *   beside
 */
export function postInserter(condition: SQL) {
  // Before the insert, under its condition: of a post that is stored by now, as a repeat finds it, nothing is written down.
  const insertLines = prepared((db) =>
    db.run(sql`
      INSERT INTO audit_log (id, workspace_id, mode, at, action, actor, target, request_id, ip)
      SELECT ${member("lineId")}, ${workspaceId}, ${mode}, ${member("at")}, ${member("action")}, ${member("actor")},
        ${member("id")}, ${member("requestId")}, ${member("ip")}
      FROM ${madeOf("lines")} WHERE NOT ${isStored} AND ${condition}`),
  );
  const insertRows = prepared((db) =>
    db.run(sql`
      INSERT INTO posts (workspace_id, mode, id, created_at, version, content, media, options, platforms, scheduled_at,
        publish_before, external_id, metadata, approval, status, state, timeline, seq, wake_by)
      SELECT ${workspaceId}, ${mode}, ${member("id")}, ${member("createdAt")}, ${member("version")}, ${member("content")},
        ${member("media")}, ${member("options")}, ${member("platforms")}, ${member("scheduledAt")},
        ${member("publishBefore")}, ${member("externalId")}, ${member("metadata")}, ${member("approval")}, ${member("status")},
        ${member("state")}, ${member("timeline")}, 0, ${inRealTime(SCOPE, member("wakeBy"))}
      FROM ${madeOf("posts")} WHERE ${condition} ON CONFLICT DO NOTHING`),
  );

  /**
   * @param made of one scope and one status, with what the condition looks at
   * @param values what the condition asks for beside
   */
  return function insertPosts(
    db: Database,
    scope: Scope,
    made: readonly { post: NewPostRow; beside: object }[],
    values: object,
  ) {
    const posts = made.map(({ post }) => post);
    const given = (name: string, rows: readonly object[]) => ({ ...values, ...scope, [name]: JSON.stringify(rows) });
    const lines = made.map(({ post, beside }) => ({ ...lineOf(post), ...beside }));
    const rows = made.map(({ post, beside }) => ({ ...rowOf(post), ...beside }));
    const pairs = posts.map(pairsOf).filter((each) => each.pairs.length > 0);
    const used = posts.map(usedOf).filter(({ usedMedia }) => usedMedia.length > 0);
    const ids = JSON.stringify(posts.map(({ ref }) => ref.postId));
    return [
      insertLines(db, given("lines", lines)),
      insertRows(db, given("posts", rows)),
      count[statusOf(posts)](db, scope),
      insertTasks(db, given("tasks", posts.map(tasksOf))),
      selectStored(db, { ...scope, ids }),
      ...(pairs.length === 0 ? [] : [insertMetadata(db, given("pairs", pairs))]),
      ...(used.length === 0 ? [] : [insertMedia(db, given("used", used)), keepMedia(db, given("used", used))]),
    ] as const;
  };
}

function statusOf([first, ...others]: readonly NewPostRow[]): PostStatus {
  if (!first || others.some(({ status }) => status !== first.status))
    throw new Error("the posts are not of one status");
  return first.status;
}

function rowOf(post: NewPostRow): object {
  return {
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
  };
}

function lineOf({ ref, audit }: NewPostRow): object {
  return { ...audit, id: ref.postId, lineId: audit.id };
}

function tasksOf({ ref, state }: NewPostRow): object {
  return { id: ref.postId, tasks: state.tasks.map(({ accountId, platform }) => ({ accountId, platform })) };
}

function pairsOf({ ref, metadata }: NewPostRow) {
  return { id: ref.postId, pairs: Object.entries(metadata ?? {}) };
}

function usedOf({ ref, usedMedia, mediaKeptUntil }: NewPostRow) {
  return { id: ref.postId, usedMedia, until: mediaKeptUntil };
}

/** Holds where all of `made.usedMedia` is there: what is being deleted in the same moment is gone, or stays. */
export const HAS_ITS_MEDIA = sql`(SELECT count(*) FROM media WHERE workspace_id = ${workspaceId} AND mode = ${mode}
  AND id IN (SELECT value FROM json_each(made.value -> 'usedMedia'))) = json_array_length(made.value, '$.usedMedia')`;
