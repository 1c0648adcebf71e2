import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Millis } from "../lib/clock.ts";
import type { EventType, PlatformId, PostRef, PostStatus } from "../lib/vocabulary.ts";
import type { ProjectedApproval } from "./approvals.ts";
import type { AuditLine } from "./audit-log.ts";
import { insertAuditLines } from "./audit-log.ts";
import { IS_LOCK } from "./commits.ts";
import type { Database } from "./database.ts";
import { prepared, SCOPE } from "./database.ts";
import type { DeliveryRef } from "./deliveries.ts";
import { deliveriesOf, tell } from "./events.ts";
import { COUNTED_AS, COUNTED_STATUSES, countedAs } from "./post-counts.ts";
import type { PostState } from "./posts.ts";
import { inRealTime } from "./test-clock.ts";
import type { Timeline } from "./timeline.ts";

/** What a post's object tells the database: its full state, and the events that are not there yet. */
export interface Projection {
  seq: number;
  version: number;
  /** Which of `post_contents` the post says now; null: what it was accepted with. */
  contentId: string | null;
  scheduledAt: Millis;
  publishBefore: Millis | null;
  timeline: Timeline;
  approval: ProjectedApproval | null;
  status: PostStatus;
  state: PostState;
  /** On the clock that the scope's posts live by. Undefined leaves `wake_by` as it is, which spares an index write. */
  wakeBy: Millis | null | undefined;
  events: { id: string; type: EventType; body: string; createdAt: Millis }[];
  /** Lines of the audit log that are not there yet: each told once, whatever else the projection finds. */
  audit: AuditLine[];
  /** Tasks that are final: their public post becomes theirs. */
  settled: { accountId: string; platform: PlatformId; platformPostId: string | null }[];
  /**
   * Tasks whose locks go that were taken before this epoch: a projection that is late takes no later one. Where a public post
   * is named the lock becomes its claim.
   */
  unlocked: { accountId: string; epoch: number; platformPostId: string | null }[];
}

const { workspaceId, mode } = SCOPE;
const POST_ID = sql.placeholder("postId");
const IS_POST = sql`workspace_id = ${workspaceId} AND mode = ${mode} AND id = ${POST_ID}`;
/** Of the projection: where the post has this number, or a later one, it was overtaken. */
const SEQ = sql.placeholder("seq");

/** To come before the post is updated, while its old status can still be read, and under the same condition. */
const moveCount = prepared((db) => {
  const moves = COUNTED_STATUSES.map((status) => {
    const column = sql.identifier(status);
    return sql`${column} = ${column} + (${sql.placeholder("counted")} = ${status}) - (old.status = ${status})`;
  });
  return db.run(sql`
    UPDATE post_counts SET ${sql.join(moves, sql`, `)}
    FROM (SELECT ${COUNTED_AS} AS status FROM posts WHERE seq < ${SEQ} AND ${IS_POST}) AS old
    WHERE post_counts.workspace_id = ${workspaceId} AND post_counts.mode = ${mode}
      AND old.status <> ${sql.placeholder("counted")}`);
});

/** From where an edit has put it before the object decided. A database that was restored may not have it. */
const edited = (
  name: string,
) => sql`${sql.identifier(name)} = coalesce((SELECT ${sql.identifier(name)} FROM post_contents
  WHERE workspace_id = ${workspaceId} AND mode = ${mode} AND post_id = ${POST_ID} AND id = ${sql.placeholder("contentId")}),
  posts.${sql.identifier(name)})`;

/** What is written only when it may have changed: to name a column that has an index costs a row of it, also where it stays. */
const PARTS = {
  status: sql`status = ${sql.placeholder("status")}`,
  wakeBy: sql`wake_by = ${inRealTime(SCOPE, sql`${sql.placeholder("wakeBy")}`)}`,
  approval: sql`approval = ${sql.placeholder("approval")}`,
  scheduledAt: sql`scheduled_at = ${sql.placeholder("scheduledAt")}`,
  content: sql`version = ${sql.placeholder("version")}, content_id = ${sql.placeholder("contentId")},
    ${edited("content")}, ${edited("media")}, ${edited("options")}`,
};
type Part = keyof typeof PARTS;

const ALWAYS = [
  sql`seq = ${SEQ}`,
  sql`state = ${sql.placeholder("state")}`,
  sql`timeline = ${sql.placeholder("timeline")}`,
  sql`publish_before = ${sql.placeholder("publishBefore")}`,
];

function updatingPost(parts: readonly Part[]) {
  const isOfStatus = parts.includes("status") ? sql`status <>` : sql`status =`;
  return prepared((db) =>
    db.run(sql`
      UPDATE posts SET ${sql.join([...ALWAYS, ...parts.map((part) => PARTS[part])], sql`, `)}
      WHERE posts.seq < ${SEQ} AND ${IS_POST} AND ${isOfStatus} ${sql.placeholder("status")}`),
  );
}

const updates = new Map<string, ReturnType<typeof updatingPost>>();

/** The statement that updates a post and these parts of it, where its status is the projection's; with that, where it is not. */
function updatePost(db: Database, parts: readonly Part[], values: object) {
  const name = parts.join();
  const update = updates.get(name) ?? updatingPost(parts);
  updates.set(name, update);
  return update(db, values);
}

/** A task's rows of its account, from where it is named: the locks are few, and found without the others. */
const LOCKS = sql`platform_posts.mode = named.mode AND platform_posts.platform = named.platform
  AND platform_posts.external_id = named.external_id AND ${IS_LOCK} AND platform_posts.epoch < named.epoch
  AND platform_posts.post_id = ${POST_ID} AND platform_posts.account_id = named.id`;

const UNLOCKED = sql`(SELECT accounts.mode, accounts.platform, accounts.external_id, accounts.id,
    task.value ->> 'epoch' AS epoch, task.value ->> 'platformPostId' AS public_id
  FROM json_each(${sql.placeholder("unlocked")}) AS task JOIN accounts ON accounts.id = task.value ->> 'accountId')`;

/** What has been claimed already stays as it is. */
const turnLocksToClaims = prepared((db) =>
  db.run(sql`
    UPDATE OR IGNORE platform_posts SET platform_post_id = named.public_id, workspace_id = NULL, epoch = NULL
    FROM ${UNLOCKED} AS named WHERE named.public_id IS NOT NULL AND ${LOCKS}`),
);

/** Those that were found without a lock, or whose lock was taken over. */
const claimPublished = prepared((db) =>
  db.run(sql`
    INSERT INTO platform_posts (mode, platform, external_id, platform_post_id, post_id, account_id)
    SELECT ${mode}, value ->> 'platform', external_id, value ->> 'platformPostId', ${POST_ID}, accounts.id
    FROM json_each(${sql.placeholder("settled")}) JOIN accounts ON accounts.id = value ->> 'accountId'
    WHERE value ->> 'platformPostId' IS NOT NULL ON CONFLICT DO NOTHING`),
);

const giveLocksBack = prepared((db) =>
  db.run(sql`
    DELETE FROM platform_posts WHERE (mode, platform, external_id, platform_post_id) IN (
      SELECT platform_posts.mode, platform_posts.platform, platform_posts.external_id, platform_posts.platform_post_id
      FROM ${UNLOCKED} AS named CROSS JOIN platform_posts ON ${LOCKS})`),
);

/**
 * Writes a projection: state, events and counters in one batch. A repeat, or a projection that a later one overtook,
 * changes nothing.
 *
 * @param now real time
 * @returns the webhooks that are to be sent now
 */
export async function writeProjection(
  db: Database,
  ref: PostRef,
  projection: Projection,
  now: Millis,
): Promise<DeliveryRef[]> {
  const { status, wakeBy, approval, contentId } = projection;
  const values = {
    ...ref,
    ...projection,
    counted: countedAs(status),
    state: JSON.stringify(projection.state),
    timeline: JSON.stringify(projection.timeline),
    approval: approval && JSON.stringify(approval),
    settled: JSON.stringify(projection.settled),
    unlocked: JSON.stringify(projection.unlocked),
  };
  const parts: Part[] = [
    ...(wakeBy === undefined ? [] : (["wakeBy"] as const)),
    ...(approval === null ? [] : (["approval"] as const)),
    ...(contentId === null ? [] : (["content"] as const)),
    // Whoever approved may have moved it, and whoever edited.
    ...(approval === null && contentId === null ? [] : (["scheduledAt"] as const)),
  ];
  const isPublic = projection.settled.some(({ platformPostId }) => platformPostId !== null);
  const told = projection.events.map((event) => ({ ...event, postId: ref.postId }));
  const telling = told.length === 0 ? [] : tell(db, ref, told, now);
  // One statement for each kind of row, whatever the number of accounts: the free plan counts them.
  const statements: BatchItem<"sqlite">[] = [
    ...telling,
    ...(projection.audit.length === 0 ? [] : [insertAuditLines(db, projection.audit)]),
    ...(isPublic ? [turnLocksToClaims(db, values), claimPublished(db, values)] : []),
    ...(projection.unlocked.length === 0 ? [] : [giveLocksBack(db, values)]),
  ];
  if (projection.seq === 1 && status === "publishing" && statements.length === 0) {
    // What happens to most posts first. Nothing else changes: it is not counted anew.
    const [begun] = await db.batch([updatePost(db, [...parts, "status"], values)]);
    if (begun.meta.changes > 0) return [];
  }
  const results = await db.batch([
    moveCount(db, values),
    updatePost(db, parts, values),
    updatePost(db, [...parts, "status"], values),
    ...statements,
  ]);
  return telling.length === 0 ? [] : deliveriesOf(results[3]);
}
