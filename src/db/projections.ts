import type { SQL } from "drizzle-orm";
import { and, eq, lt, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Millis } from "../lib/clock.ts";
import type { EventType, PlatformId, PostRef, PostStatus } from "../lib/vocabulary.ts";
import type { ProjectedApproval } from "./approvals.ts";
import type { AuditLine } from "./audit-log.ts";
import { insertAuditLines } from "./audit-log.ts";
import { IS_LOCK } from "./commits.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import type { DeliveryRef } from "./deliveries.ts";
import { deliveriesOf, tell } from "./events.ts";
import { COUNTED_AS, COUNTED_STATUSES, countedAs } from "./post-counts.ts";
import type { PostState } from "./posts.ts";
import { posts } from "./schema.ts";
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
  const { workspaceId, mode, postId } = ref;
  const { wakeBy } = projection;
  const settled = JSON.stringify(projection.settled);
  const unlocked = JSON.stringify(projection.unlocked);
  const isPublic = projection.settled.some(({ platformPostId }) => platformPostId !== null);
  const told = projection.events.map((event) => ({ ...event, postId }));
  const telling = told.length === 0 ? [] : tell(db, ref, told, now);
  // One statement for each kind of row, whatever the number of accounts: the free plan counts them.
  const statements: BatchItem<"sqlite">[] = [
    ...telling,
    ...(projection.audit.length === 0 ? [] : [insertAuditLines(db, projection.audit)]),
    ...(isPublic ? [turnLocksToClaims(db, postId, unlocked), claimPublished(db, { mode, postId }, settled)] : []),
    ...(projection.unlocked.length === 0 ? [] : [giveLocksBack(db, postId, unlocked)]),
  ];
  const moves = COUNTED_STATUSES.map((status) => {
    const column = sql.identifier(status);
    const arrives = countedAs(projection.status) === status ? 1 : 0;
    return sql`${column} = ${column} + ${arrives} - (old.status = ${status})`;
  });
  const update = (condition: SQL, status: { status?: PostStatus }) =>
    db
      .update(posts)
      .set({
        ...status,
        seq: projection.seq,
        state: projection.state,
        timeline: projection.timeline,
        publishBefore: projection.publishBefore,
        // Whoever approved may have moved it.
        ...(projection.approval && { approval: projection.approval, scheduledAt: projection.scheduledAt }),
        ...contentOf(ref, projection),
        ...(wakeBy === undefined ? {} : { wakeBy: wakeBy === null ? null : inRealTime(ref, wakeBy) }),
      })
      .where(
        and(
          eq(posts.workspaceId, workspaceId),
          eq(posts.mode, mode),
          eq(posts.id, postId),
          lt(posts.seq, projection.seq),
          condition,
        ),
      );
  const results = await db.batch([
    // Before the update, while the old status can still be read, and under the same condition.
    statement(
      db,
      sql`
      UPDATE post_counts SET ${sql.join(moves, sql`, `)}
      FROM (SELECT ${COUNTED_AS} AS status FROM posts WHERE workspace_id = ${workspaceId} AND mode = ${mode}
        AND id = ${postId} AND seq < ${projection.seq}) AS old
      WHERE post_counts.workspace_id = ${workspaceId} AND post_counts.mode = ${mode}
        AND old.status <> ${countedAs(projection.status)}`,
    ),
    update(sql`${posts.status} = ${projection.status}`, {}),
    // By itself, for to name it costs a row of its index, also where it stays.
    update(sql`${posts.status} <> ${projection.status}`, { status: projection.status }),
    ...statements,
  ]);
  return telling.length === 0 ? [] : deliveriesOf(results[3]);
}

/** What an edit has changed: copied from where it was put before the object decided. */
function contentOf({ workspaceId, mode, postId }: PostRef, projection: Projection) {
  const { contentId, version, scheduledAt } = projection;
  if (contentId === null) return {};
  // A database that was restored may not have it: then what it has stays, and is not published.
  const column = (name: string) => sql`coalesce((SELECT ${sql.identifier(name)} FROM post_contents
    WHERE workspace_id = ${workspaceId} AND mode = ${mode} AND post_id = ${postId} AND id = ${contentId}),
    posts.${sql.identifier(name)})`;
  return {
    version,
    contentId,
    scheduledAt,
    content: column("content"),
    media: column("media"),
    options: column("options"),
  };
}

/** A task's rows of its account, from where it is named: the locks are few, and found without the others. */
const locksOf = (postId: string) => sql`platform_posts.mode = named.mode AND platform_posts.platform = named.platform
  AND platform_posts.external_id = named.external_id AND ${IS_LOCK} AND platform_posts.epoch < named.epoch
  AND platform_posts.post_id = ${postId} AND platform_posts.account_id = named.id`;

const tasksIn = (unlocked: string) => sql`(SELECT accounts.mode, accounts.platform, accounts.external_id, accounts.id,
    task.value ->> 'epoch' AS epoch, task.value ->> 'platformPostId' AS public_id
  FROM json_each(${unlocked}) AS task JOIN accounts ON accounts.id = task.value ->> 'accountId')`;

/** What has been claimed already stays as it is. */
function turnLocksToClaims(db: Database, postId: string, unlocked: string) {
  return statement(
    db,
    sql`
    UPDATE OR IGNORE platform_posts SET platform_post_id = named.public_id, workspace_id = NULL, epoch = NULL
    FROM ${tasksIn(unlocked)} AS named WHERE named.public_id IS NOT NULL AND ${locksOf(postId)}`,
  );
}

/** Those that were found without a lock, or whose lock was taken over. */
function claimPublished(db: Database, { mode, postId }: { mode: string; postId: string }, settled: string) {
  return statement(
    db,
    sql`
    INSERT INTO platform_posts (mode, platform, external_id, platform_post_id, post_id, account_id)
    SELECT ${mode}, value ->> 'platform', external_id, value ->> 'platformPostId', ${postId}, accounts.id
    FROM json_each(${settled}) JOIN accounts ON accounts.id = value ->> 'accountId'
    WHERE value ->> 'platformPostId' IS NOT NULL ON CONFLICT DO NOTHING`,
  );
}

function giveLocksBack(db: Database, postId: string, unlocked: string) {
  return statement(
    db,
    sql`
    DELETE FROM platform_posts WHERE (mode, platform, external_id, platform_post_id) IN (
      SELECT platform_posts.mode, platform_posts.platform, platform_posts.external_id, platform_posts.platform_post_id
      FROM ${tasksIn(unlocked)} AS named CROSS JOIN platform_posts ON ${locksOf(postId)})`,
  );
}
