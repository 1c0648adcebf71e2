import type { SQL } from "drizzle-orm";
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

/** What an edit has changed: from where it was put before the object decided. A database that was restored may not have it. */
const edited = (
  name: string,
) => sql`${sql.identifier(name)} = coalesce((SELECT ${sql.identifier(name)} FROM post_contents
  WHERE workspace_id = ${workspaceId} AND mode = ${mode} AND post_id = ${POST_ID} AND id = ${sql.placeholder("contentId")}),
  posts.${sql.identifier(name)})`;

/** Columns with an index of their own: to name one costs a row of it, also where it stays. */
type Indexed = "status" | "wake_by" | "scheduled_at";

const INDEXED: Record<Indexed, SQL> = {
  status: sql`status = ${sql.placeholder("status")}`,
  wake_by: sql`wake_by = ${inRealTime(SCOPE, sql`${sql.placeholder("wakeBy")}`)}`,
  scheduled_at: sql`scheduled_at = ${sql.placeholder("scheduledAt")}`,
};

function updatingPost(named: readonly Indexed[]) {
  const contentId = sql.placeholder("contentId");
  return prepared((db) =>
    db.run(sql`
      UPDATE posts SET seq = ${SEQ}, state = ${sql.placeholder("state")},
        timeline = ${sql.placeholder("timeline")}, publish_before = ${sql.placeholder("publishBefore")},
        approval = coalesce(${sql.placeholder("approval")}, approval), content_id = coalesce(${contentId}, content_id),
        version = iif(${contentId} IS NULL, version, ${sql.placeholder("version")}),
        ${sql.join([edited("content"), edited("media"), edited("options"), ...named.map((name) => INDEXED[name])], sql`, `)}
      WHERE posts.seq < ${SEQ} AND ${IS_POST} AND status ${sql.raw(named.includes("status") ? "<>" : "=")} ${sql.placeholder("status")}`),
  );
}

const updates = new Map<string, ReturnType<typeof updatingPost>>();

/** The statement that updates a post, and of its indexed columns those that are named: the status is, or stays. */
function updatePost(db: Database, named: readonly Indexed[], values: object) {
  const names = named.join();
  const update = updates.get(names) ?? updatingPost(named);
  updates.set(names, update);
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
  const named: Indexed[] = [
    ...(wakeBy === undefined ? [] : (["wake_by"] as const)),
    // Whoever approved may have moved it, and whoever edited.
    ...(approval === null && contentId === null ? [] : (["scheduled_at"] as const)),
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
  const results = await db.batch([
    moveCount(db, values),
    updatePost(db, named, values),
    updatePost(db, [...named, "status"], values),
    ...statements,
  ]);
  return telling.length === 0 ? [] : deliveriesOf(results[3]);
}
