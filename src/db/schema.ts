import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { RateLimits } from "../lib/rate-limits.ts";
import {
  ACCOUNT_HEALTHS,
  APPROVAL_POLICIES,
  AUDIT_ACTIONS,
  AUTH_PROVIDERS,
  COLOR_SPACES,
  DELIVERY_STATUSES,
  DISABLED_REASONS,
  EVENT_TYPES,
  type KeyScope,
  LIVE_PLATFORMS,
  MODES,
  OVERDUE_ACTIONS,
  POST_STATUSES,
  ROLES,
  SANDBOX_BEHAVIORS,
  type SubscribedEvent,
  WEBHOOK_FORMATS,
} from "../lib/vocabulary.ts";
import type { ProjectedApproval } from "./approvals.ts";
import type { DeliveryAttempt } from "./deliveries.ts";
import type { PostState } from "./posts.ts";
import type { Timeline } from "./timeline.ts";

/*
 * All times are milliseconds since the epoch. Those of a test post and its events are read from the workspace's test
 * clock, all others from the real one. Every table is WITHOUT ROWID, which spares one written row for each insert;
 * drizzle cannot say so, and its migrations are edited by hand.
 */

const mode = () => text({ enum: MODES }).notNull();
const workspaceId = () => text().notNull();
const time = () => integer();

export const workspaces = sqliteTable("workspaces", {
  id: text().primaryKey(),
  name: text().notNull(),
  /** How far test mode's clock is ahead of the real one. It only grows; live mode has no clock of its own. */
  testClockOffset: time().notNull().default(0),
  /** Shown on the pages by which people connect accounts. */
  logoUrl: text(),
  /** How long after its time a post may still go out that does not say so itself; null: however late. */
  publishWithin: time(),
  /** How often its keys may ask; null: the defaults of `lib/rate-limits.ts`. */
  rateLimits: text({ mode: "json" }).$type<RateLimits>(),
  /** Whether the same text and media to the same account within a day is refused unless a request says otherwise. */
  duplicateGuard: integer({ mode: "boolean" }).notNull().default(false),
  /** Which posts wait for approval. */
  approvals: text({ enum: APPROVAL_POLICIES }).notNull().default("off"),
  /** In which its pages show times: a name of the IANA database. */
  timeZone: text().notNull().default("UTC"),
  createdAt: time().notNull(),
  /** Since when the deployment's owner keeps its keys out; null: they are let in. */
  suspendedAt: time(),
  /** Since when it is being deleted. */
  deletedAt: time(),
});

/** API keys, by digest alone: the key's secret is shown once and stored nowhere. */
export const apiKeys = sqliteTable(
  "api_keys",
  {
    id: text().primaryKey(),
    workspaceId: workspaceId(),
    mode: mode(),
    /** HMAC-SHA-256 of the secret under `API_KEY_PEPPER`, in hexadecimal. */
    digest: text().notNull(),
    /** Which pepper that is, see `workspace/peppers.ts`; null: the one that was there before peppers had ids. */
    pepperId: text(),
    /** The secret's last four characters, to tell keys apart by. */
    lastFour: text().notNull(),
    createdAt: time().notNull(),
    name: text().notNull(),
    scopes: text({ mode: "json" }).$type<KeyScope[]>().notNull(),
    /** The only accounts that it sees and posts to; null: all of them. */
    accountIds: text({ mode: "json" }).$type<string[]>(),
    /** The only groups of accounts that it sees and posts to; null: all of them. */
    groupIds: text({ mode: "json" }).$type<string[]>(),
    /** Whether its posts wait for approval, where its workspace says that marked keys' posts do. */
    needsApproval: integer({ mode: "boolean" }).notNull().default(false),
    /** From then on it is refused; null: it does not end. */
    expiresAt: time(),
    /** Forgotten a while later. */
    revokedAt: time(),
    /** To the minute. */
    lastUsedAt: time(),
  },
  (table) => [
    uniqueIndex("api_keys_by_digest").on(table.digest),
    index("api_keys_by_workspace").on(table.workspaceId, table.mode, table.id),
    index("api_keys_by_revocation").on(table.revokedAt).where(sql`revoked_at IS NOT NULL`),
  ],
);

/** Secrets that a key had before it was rotated, by digest, while they are still good. */
export const replacedSecrets = sqliteTable(
  "replaced_secrets",
  {
    digest: text().primaryKey(),
    keyId: text().notNull(),
    /** As in `api_keys`. */
    pepperId: text(),
    /** From then on it is refused. */
    goodUntil: time().notNull(),
  },
  (table) => [index("replaced_secrets_by_key").on(table.keyId)],
);

/** Platform tokens, encrypted and bound to their row. Nothing else holds a token of an account. */
export const grants = sqliteTable(
  "grants",
  {
    id: text().primaryKey(),
    workspaceId: workspaceId(),
    mode: mode(),
    /** See `accounts/vault.ts`. Null once the grant was erased. */
    tokenEnvelope: text(),
    /** When the token ends; null when it does not, or the platform does not say. */
    expiresAt: time(),
    /** When the platform stops answering for want of the person's presence, though the token lives on. */
    dataAccessExpiresAt: time(),
    /** What the person allowed; null where nobody has asked the platform. */
    scopes: text({ mode: "json" }).$type<string[]>(),
    /** Who gave the grant, by the id that the platform has made up for our app: it takes the grant back by this name. */
    personId: text(),
    /** When the token was taken from the platform. */
    updatedAt: time().notNull(),
    /** When the token is to be renewed; null where that cannot be done. */
    renewAt: time(),
    /** Until when a consumer has the renewal for itself. */
    renewLeaseUntil: time(),
    /** Why the last renewal failed. */
    renewFault: text(),
    /** When to look whether the account's end is near, or there, and has to be told of. */
    warnAt: time(),
  },
  (table) => [
    index("grants_to_warn_of").on(table.warnAt).where(sql`warn_at IS NOT NULL`),
    index("grants_by_person").on(table.personId).where(sql`person_id IS NOT NULL`),
    index("grants_to_renew").on(table.renewAt).where(sql`renew_at IS NOT NULL`),
  ],
);

/** What a platform allows an account to publish, as it was read last. */
export interface AccountQuota {
  used: number;
  total: number;
  windowMs: Millis;
  readAt: Millis;
}

/** Connected social accounts. One that was disconnected keeps its row, so that it keeps its id should it come back. */
export const accounts = sqliteTable(
  "accounts",
  {
    id: text().primaryKey(),
    workspaceId: workspaceId(),
    mode: mode(),
    platform: text({ enum: LIVE_PLATFORMS }).notNull(),
    /** The platform's id of the Page or Instagram account: digits, beyond what a number holds. */
    externalId: text().notNull(),
    username: text().notNull(),
    name: text(),
    avatarUrl: text(),
    profileUrl: text(),
    labels: text({ mode: "json" }).$type<string[]>().notNull().default([]),
    /** The client that it belongs to; null: none in particular. */
    groupId: text(),
    /** Which of Meta's two hosts the account's token belongs to. */
    graphHost: text({ enum: ["facebook", "instagram"] }).notNull(),
    grantId: text().notNull(),
    health: text({ enum: ACCOUNT_HEALTHS }).notNull(),
    healthReason: text(),
    quota: text({ mode: "json" }).$type<AccountQuota>(),
    /** Sandbox accounts only. */
    behavior: text({ enum: SANDBOX_BEHAVIORS }),
    createdAt: time().notNull(),
    disconnectedAt: time(),
  },
  (table) => [
    uniqueIndex("accounts_by_external_id").on(table.workspaceId, table.mode, table.platform, table.externalId),
  ],
);

/** Uploaded media; the bytes are in R2 under the same id. */
export const media = sqliteTable(
  "media",
  {
    id: text().primaryKey(),
    workspaceId: workspaceId(),
    mode: mode(),
    mimeType: text().notNull(),
    bytes: integer().notNull(),
    width: integer().notNull(),
    height: integer().notNull(),
    /** Videos only. */
    durationMs: integer(),
    frameRate: real(),
    /** As people call it: `h264`, `hevc`, `aac`. Null for pictures, and for a track that is not there or not known. */
    videoCodec: text(),
    audioCodec: text(),
    /** Whether a video's index (`moov`) stands before its frames. */
    fastStart: integer({ mode: "boolean" }),
    /** Pictures only, where the file tells. */
    colorSpace: text({ enum: COLOR_SPACES }),
    /** The media that this was made from, for a platform that does not take it as it is. */
    renditionOf: text(),
    createdAt: time().notNull(),
    /** When the sweeper deletes it unless a post uses it; each use moves it. */
    expiresAt: time(),
  },
  (table) => [
    index("media_by_workspace").on(table.workspaceId, table.mode, table.id),
    index("media_by_expiry").on(table.expiresAt).where(sql`expires_at IS NOT NULL`),
    uniqueIndex("media_by_source")
      .on(table.workspaceId, table.mode, table.renditionOf)
      .where(sql`rendition_of IS NOT NULL`),
  ],
);

/** Which post uses which media, written in the batch that accepts the post. */
export const postMedia = sqliteTable(
  "post_media",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    mediaId: text().notNull(),
    postId: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.mode, table.mediaId, table.postId] })],
);

/**
 * Bytes in R2, or on their way there, that no row of `media` promises: what is being uploaded, and what is being
 * deleted. The row is there before the bytes and goes after them, so that a crash leaves nothing that nobody finds.
 */
export const mediaUploads = sqliteTable(
  "media_uploads",
  {
    /** Of the media that becomes of it; the bytes are in R2 under it. */
    mediaId: text().primaryKey(),
    workspaceId: workspaceId(),
    mode: mode(),
    /** The three that only an upload in parts has: its size, its name, and R2's id of it. */
    bytes: integer(),
    fileName: text(),
    r2UploadId: text(),
    createdAt: time().notNull(),
    /** From then on the sweeper deletes the bytes. 0: given up, and nothing may become of it any more. */
    expiresAt: time().notNull(),
  },
  (table) => [index("media_uploads_by_expiry").on(table.expiresAt)],
);

/** The parts of an upload, once each was begun. */
export const mediaUploadParts = sqliteTable(
  "media_upload_parts",
  {
    mediaId: text().notNull(),
    number: integer().notNull(),
    /** How often the part was begun. Each attempt is a part of its own in R2: two that overlap cannot mix. */
    attempts: integer().notNull(),
    /** R2's number and tag of the attempt that arrived last; null while none has. */
    r2Number: integer(),
    etag: text(),
  },
  (table) => [primaryKey({ columns: [table.mediaId, table.number] })],
);

/** What a post says, and the projection of where it is in its life (owned by its `PostObject`). */
export const posts = sqliteTable(
  "posts",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    id: text().notNull(),
    createdAt: time().notNull(),
    /** Counts edits. */
    version: integer().notNull(),
    /** Which of `post_contents` it says now; null before the first edit. */
    contentId: text(),
    content: text().notNull(),
    media: text({ mode: "json" }).$type<string[]>().notNull(),
    options: text({ mode: "json" }).$type<{ [platform: string]: Json }>().notNull(),
    platforms: text({ mode: "json" }).$type<string[]>().notNull(),
    scheduledAt: time().notNull(),
    /** From then on nothing of it goes out any more; null: however late. */
    publishBefore: time(),
    /** What its client calls it. */
    externalId: text(),
    /** Its client's own names and values; null: none. */
    metadata: text({ mode: "json" }).$type<{ [name: string]: string }>(),
    /** Null: nobody was asked. */
    approval: text({ mode: "json" }).$type<ProjectedApproval>(),
    status: text({ enum: POST_STATUSES }).notNull(),
    /** The tasks as answers show them. */
    state: text({ mode: "json" }).$type<PostState>().notNull(),
    /** What happened to it, written with each projection. */
    timeline: text({ mode: "json" }).$type<Timeline>().notNull().default([]),
    /** Orders projections: one with a lower number is late and writes nothing. */
    seq: integer().notNull(),
    /**
     * When the sweeper wakes the post's object unless a projection renewed it; null when all tasks are final. Real time
     * in either mode.
     */
    wakeBy: time(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.mode, table.id] }),
    index("posts_by_schedule").on(table.workspaceId, table.mode, table.scheduledAt, table.id),
    // Most posts are published: the others are found among few.
    index("unpublished_posts")
      .on(table.workspaceId, table.mode, table.status, table.id)
      .where(sql`status <> 'published'`),
    index("posts_by_external_id")
      .on(table.workspaceId, table.mode, table.externalId, table.id)
      .where(sql`external_id IS NOT NULL`),
    index("posts_to_wake").on(table.wakeBy).where(sql`wake_by IS NOT NULL`),
    // For who moves a test clock; a live post is not in it and does not pay for it.
    index("test_posts_to_wake").on(table.workspaceId, table.wakeBy).where(sql`mode = 'test' AND wake_by IS NOT NULL`),
  ],
);

/** When the database was put back to what it held before: written by the very dump that it was restored from. */
export const restores = sqliteTable("restores", {
  restoredAt: time().primaryKey(),
  /** When the dump was made. */
  backupAt: time().notNull(),
});

/**
 * What a post said and says, from its first edit on. A content never changes: a consumer, or the settling of a commit,
 * reads the one it was told, whatever is edited meanwhile.
 */
export const postContents = sqliteTable(
  "post_contents",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    postId: text().notNull(),
    id: text().notNull(),
    content: text().notNull(),
    media: text({ mode: "json" }).$type<string[]>().notNull(),
    options: text({ mode: "json" }).$type<{ [platform: string]: Json }>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.mode, table.postId, table.id] })],
);

/** Who a post is for: one row per post and account, never changed. */
export const tasks = sqliteTable(
  "tasks",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    accountId: text().notNull(),
    postId: text().notNull(),
    platform: text({ enum: LIVE_PLATFORMS }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.mode, table.accountId, table.postId] })],
);

/** Which posts have which of their client's names and values. */
export const postMetadata = sqliteTable(
  "post_metadata",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    name: text().notNull(),
    value: text().notNull(),
    postId: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.mode, table.name, table.value, table.postId] })],
);

/** What went to an account lately, where the workspace guards against duplicates. */
export const recentContents = sqliteTable(
  "recent_contents",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    accountId: text().notNull(),
    /** SHA-256 of the text and the media, in hexadecimal. */
    fingerprint: text().notNull(),
    /** The post that said it first. */
    postId: text().notNull(),
    /** From then on the same may be said again. */
    expiresAt: time().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.mode, table.accountId, table.fingerprint] }),
    index("recent_contents_by_expiry").on(table.expiresAt),
  ],
);

const count = () => integer().notNull().default(0);

/**
 * How many posts a workspace has of each status, kept in the batch of each change. One that is being published stays where
 * it was counted when it was accepted, see `post-counts.ts`.
 */
export const postCounts = sqliteTable(
  "post_counts",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    awaiting_approval: count(),
    queued: count(),
    /** Counted with those that are queued: a release before this one moved them here and back. */
    publishing: count(),
    published: count(),
    partially_published: count(),
    failed: count(),
    unconfirmed: count(),
    canceled: count(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.mode] })],
);

/** Which request made what. The unique key is what decides between requests that carry the same Idempotency-Key. */
export const idempotency = sqliteTable(
  "idempotency",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    /** SHA-256 of the Idempotency-Key, in hexadecimal. */
    key: text().notNull(),
    /** SHA-256 of what the request means. */
    fingerprint: text().notNull(),
    /** The attempt that won; what an object is asked to do is known to it by this name. */
    claim: text().notNull(),
    claimedAt: time().notNull().default(0),
    /** The post that came of it, or that it changed. */
    postId: text(),
    /** Null while an object has been asked and its answer is not known here. */
    responseStatus: integer(),
    responseBody: text(),
    /** Whether the body holds a secret and is sealed, see `accounts/vault.ts`. */
    isSealed: integer({ mode: "boolean" }).notNull().default(false),
    expiresAt: time().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.mode, table.key] }),
    // Those of posts are as many as posts, and are not in it: requests forget those that were before them.
    index("idempotency_by_expiry").on(table.expiresAt).where(sql`post_id IS NULL`),
  ],
);

/**
 * What was changed, by whom: written in the batch of the change, and never altered (triggers see to it, but for a
 * workspace that is deleted). Not WITHOUT ROWID, unlike all others: the rowid is the order in which changes happened.
 */
export const auditLog = sqliteTable(
  "audit_log",
  {
    seq: integer().primaryKey(),
    /** Made of the request and what it changed: a batch that is repeated writes once. */
    id: text().notNull(),
    /** Empty: of the deployment as a whole. */
    workspaceId: workspaceId(),
    mode: mode(),
    at: time().notNull(),
    action: text({ enum: AUDIT_ACTIONS }).notNull(),
    /** The key that asked, `admin`, or `system`. */
    actor: text().notNull(),
    /** The id of what was changed; null: the workspace, or the deployment. */
    target: text(),
    requestId: text(),
    ip: text(),
    /** What else there is to know. Never a secret. */
    details: text({ mode: "json" }).$type<{ [name: string]: Json }>(),
  },
  (table) => [
    index("audit_log_by_workspace").on(table.workspaceId, table.mode, table.seq),
    // Posts that are accepted are as many as all else together, and their own rows tell a repeat.
    uniqueIndex("audit_log_by_id").on(table.id).where(sql`action <> 'post.created'`),
  ],
);

/** The hash chain over a workspace's audit log in one mode: each seal covers what came after the one before. */
export const auditSeals = sqliteTable(
  "audit_seals",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    /** The last row that it covers. */
    throughSeq: integer().notNull(),
    rows: integer().notNull(),
    /** SHA-256 of the seal before and of the rows, in hexadecimal, see `audit/seal.ts`. */
    hash: text().notNull(),
    sealedAt: time().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.mode, table.throughSeq] }),
    index("audit_seals_by_seq").on(table.throughSeq),
  ],
);

/** Everything that is told, written in the batch of the transition it tells of. The id makes a repeat harmless. */
export const events = sqliteTable(
  "events",
  {
    id: text().primaryKey(),
    workspaceId: workspaceId(),
    mode: mode(),
    type: text({ enum: EVENT_TYPES }).notNull(),
    /** What it tells of: a post, or an account. */
    postId: text(),
    accountId: text(),
    /** Frozen when the event was made: `{type, timestamp, data}`. */
    body: text().notNull(),
    createdAt: time().notNull(),
  },
  (table) => [index("events_by_time").on(table.workspaceId, table.mode, table.createdAt, table.id)],
);

/** Where events are sent to. */
export const webhooks = sqliteTable(
  "webhooks",
  {
    id: text().primaryKey(),
    workspaceId: workspaceId(),
    mode: mode(),
    url: text().notNull(),
    description: text(),
    events: text({ mode: "json" }).$type<SubscribedEvent[]>().notNull(),
    format: text({ enum: WEBHOOK_FORMATS }).notNull().default("event"),
    /** The member whom it tells; null: it is the workspace's. */
    personId: text(),
    active: integer({ mode: "boolean" }).notNull(),
    /** The secrets it is signed with, see `webhooks/secrets.ts`. */
    secretEnvelope: text().notNull(),
    createdAt: time().notNull(),
    /** When, and why, we gave it up; null while it is active, and when a person made it inactive. */
    disabledAt: time(),
    disabledReason: text({ enum: DISABLED_REASONS }),
    /** How many deliveries have failed at first since the last that arrived. */
    failures: integer().notNull().default(0),
    /** Since when nothing has arrived. */
    failingSince: time(),
    /** How many probes have failed in a row. */
    probes: integer().notNull().default(0),
    /**
     * When its deliveries are looked at as a whole; until then all are held. With `failures` by one delivery that is sent
     * on trial, without by letting some go.
     */
    probeAt: time(),
  },
  (table) => [
    index("webhooks_by_workspace").on(table.workspaceId, table.mode, table.id),
    index("webhooks_to_probe").on(table.probeAt).where(sql`probe_at IS NOT NULL`),
  ],
);

/** An event on its way to an endpoint: written with the event, in the order in which they happened. */
export const deliveries = sqliteTable(
  "deliveries",
  {
    webhookId: text().notNull(),
    /** When the event happened, on its own clock. */
    eventAt: time().notNull(),
    eventId: text().notNull(),
    status: text({ enum: DELIVERY_STATUSES }).notNull(),
    /** How often it was sent by its schedule. */
    attempts: integer().notNull().default(0),
    /** What came of each attempt; the oldest are forgotten. */
    log: text({ mode: "json" }).$type<DeliveryAttempt[]>().notNull().default([]),
    /** Of one that is pending: when it is sent. Real time, as all but `event_at`. */
    nextAttemptAt: time(),
    /** Until when a consumer has it for itself. */
    claimedUntil: time(),
  },
  (table) => [
    primaryKey({ columns: [table.webhookId, table.eventAt, table.eventId] }),
    index("deliveries_due").on(table.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`),
    index("deliveries_held").on(table.webhookId, table.eventAt).where(sql`status = 'held'`),
  ],
);

/** Where a release before this one has what are rows of `platform_posts` now. It stays for whoever goes back to that. */
export const commitLocks = sqliteTable(
  "commit_locks",
  {
    mode: mode(),
    platform: text({ enum: LIVE_PLATFORMS }).notNull(),
    externalId: text().notNull(),
    fingerprint: text().notNull(),
    workspaceId: workspaceId(),
    postId: text().notNull(),
    accountId: text().notNull(),
    epoch: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.mode, table.platform, table.externalId, table.fingerprint] })],
);

/**
 * What is held back until a platform's limit lifts: an external account (also where two workspaces have connected it), the
 * grant of a person, or the whole app.
 */
export const pauses = sqliteTable(
  "pauses",
  {
    mode: mode(),
    /** `account:instagram/123`, `grant:grant_1`, `app:facebook`. */
    scope: text().notNull(),
    until: time().notNull(),
    /** Whether every call is held back, or publishing alone. */
    holds: text({ enum: ["calls", "posts"] }).notNull(),
    /** What the platform said. */
    code: text().notNull(),
    message: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.mode, table.scope] })],
);

/**
 * What a person has paused: an account, a workspace, or the deployment. A pause that was lifted stays, with what is to
 * become of the tasks that it held: each learns it when it goes on.
 */
export const manualPauses = sqliteTable(
  "manual_pauses",
  {
    /** `deployment`, `workspace:ws_1/live`, `account:acc_1`. */
    scope: text().notNull(),
    id: text().notNull(),
    /** Real time, as all here but `reschedule_to`, which is read from the clock that the scope's posts live by. */
    pausedAt: time().notNull(),
    liftedAt: time(),
    /** The API key by which it was lifted; null: the deployment's owner. */
    liftedBy: text(),
    /** What becomes of what came due meanwhile. */
    overdue: text({ enum: OVERDUE_ACTIONS }),
    rescheduleTo: time(),
  },
  (table) => [
    primaryKey({ columns: [table.scope, table.id] }),
    uniqueIndex("manual_pauses_in_force").on(table.scope).where(sql`lifted_at IS NULL`),
  ],
);

/** Messages of the publish queue that were given up, each once. What they were for is found again by its object. */
export const deadLetters = sqliteTable(
  "dead_letters",
  {
    /** The queue's id of the message. */
    id: text().primaryKey(),
    kind: text().notNull(),
    postId: text(),
    receivedAt: time().notNull(),
  },
  (table) => [index("dead_letters_by_time").on(table.receivedAt)],
);

/**
 * Which task a public post belongs to, over the whole deployment: a post found by reading is claimed by one task. Also the
 * locks of commits that leave no handle to find their post by: two equal posts to one external account must not be in
 * flight at once, for neither could tell which one it found. A lock is held from before the commit until it is settled, and
 * becomes the claim of what came of it.
 */
export const platformPosts = sqliteTable(
  "platform_posts",
  {
    mode: mode(),
    platform: text({ enum: LIVE_PLATFORMS }).notNull(),
    externalId: text().notNull(),
    /** Of a lock: `commit:` and the SHA-256 of the normalised content. */
    platformPostId: text().notNull(),
    postId: text().notNull(),
    accountId: text().notNull(),
    /** Of a lock: the holder's workspace. */
    workspaceId: text(),
    /** Of a lock: its task's, when it took it. Null: the post is public. */
    epoch: integer(),
  },
  (table) => [primaryKey({ columns: [table.mode, table.platform, table.externalId, table.platformPostId] })],
);

/** Accounts that belong together: those of one client, say. A group is the workspace's, and has accounts of both modes. */
export const accountGroups = sqliteTable(
  "account_groups",
  {
    id: text().primaryKey(),
    workspaceId: workspaceId(),
    name: text().notNull(),
    createdAt: time().notNull(),
  },
  (table) => [uniqueIndex("account_groups_by_name").on(table.workspaceId, table.name)],
);

/** People who sign in, whichever workspaces they belong to. */
export const people = sqliteTable("people", {
  id: text().primaryKey(),
  name: text().notNull(),
  createdAt: time().notNull(),
});

/** Who belongs to which workspace, and as what. */
export const members = sqliteTable(
  "members",
  {
    workspaceId: workspaceId(),
    personId: text().notNull(),
    role: text({ enum: ROLES }).notNull(),
    /** The only groups of accounts that they see; null: all of them. */
    groupIds: text({ mode: "json" }).$type<string[]>(),
    createdAt: time().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.personId] }),
    index("members_by_person").on(table.personId),
  ],
);

/** What people sign in with. */
export const passkeys = sqliteTable(
  "passkeys",
  {
    /** The credential's id, base64url. */
    id: text().primaryKey(),
    personId: text().notNull(),
    /** The only workspace that it opens, whose admin let its maker back in; null: all that the person belongs to. */
    workspaceId: text(),
    /** SPKI, base64url. */
    publicKey: text().notNull(),
    /** `ES256` or `RS256`. */
    algorithm: text().notNull(),
    counter: integer().notNull(),
    transports: text({ mode: "json" }).$type<string[]>().notNull(),
    createdAt: time().notNull(),
    lastUsedAt: time(),
  },
  (table) => [index("passkeys_by_person").on(table.personId)],
);

/** Browsers that are signed in. */
export const sessions = sqliteTable(
  "sessions",
  {
    /** SHA-256 of the cookie, in hexadecimal. */
    tokenHash: text().primaryKey(),
    personId: text().notNull(),
    /** The only workspace that it opens, as its passkey; null: all that the person belongs to. */
    workspaceId: text(),
    createdAt: time().notNull(),
    /** To the minute; a session that is not used ends. */
    seenAt: time().notNull(),
    expiresAt: time().notNull(),
  },
  (table) => [index("sessions_by_expiry").on(table.expiresAt), index("sessions_by_person").on(table.personId)],
);

/** Links by which somebody gets in once: a new member, or one who has lost their passkey. */
export const signInLinks = sqliteTable(
  "sign_in_links",
  {
    /** SHA-256 of the link's secret, in hexadecimal. */
    tokenHash: text().primaryKey(),
    workspaceId: workspaceId(),
    /** Who gets back in; null: somebody new. */
    personId: text(),
    role: text({ enum: ROLES }).notNull(),
    groupIds: text({ mode: "json" }).$type<string[]>(),
    /** The person who invited; null: whoever runs the deployment. */
    createdBy: text(),
    createdAt: time().notNull(),
    expiresAt: time().notNull(),
    usedAt: time(),
  },
  (table) => [
    index("sign_in_links_by_workspace").on(table.workspaceId),
    index("sign_in_links_by_expiry").on(table.expiresAt),
  ],
);

/** What a browser was asked to sign with a passkey; each once. */
export const ceremonies = sqliteTable(
  "ceremonies",
  {
    /** SHA-256 of the cookie of the browser that was asked, in hexadecimal. */
    browserHash: text().primaryKey(),
    challenge: text().notNull(),
    /** Of a registration: who the passkey will be of, by the link that let them in. */
    linkHash: text(),
    personId: text(),
    name: text(),
    expiresAt: time().notNull(),
  },
  (table) => [index("ceremonies_by_expiry").on(table.expiresAt)],
);

/** Links by which anybody can connect accounts to a workspace, once. */
export const connectLinks = sqliteTable(
  "connect_links",
  {
    id: text().primaryKey(),
    workspaceId: workspaceId(),
    mode: mode(),
    platform: text({ enum: LIVE_PLATFORMS }).notNull(),
    /** SHA-256 of the link's secret, in hexadecimal. */
    tokenHash: text().notNull(),
    /** Where the person's browser goes in the end; null: to a page of ours. */
    redirectUrl: text(),
    createdAt: time().notNull(),
    expiresAt: time().notNull(),
    /** The consent that used the link up. */
    usedBy: text(),
  },
  (table) => [
    uniqueIndex("connect_links_by_token").on(table.tokenHash),
    index("connect_links_by_expiry").on(table.expiresAt),
  ],
);

/** One person on the way through a platform's consent, from the click to the last page. */
export const consents = sqliteTable(
  "consents",
  {
    id: text().primaryKey(),
    linkId: text().notNull(),
    workspaceId: workspaceId(),
    mode: mode(),
    provider: text({ enum: AUTH_PROVIDERS }).notNull(),
    /** SHA-256 of OAuth's `state`, in hexadecimal. */
    stateHash: text().notNull(),
    /** SHA-256 of the cookie of the browser that clicked, in hexadecimal. */
    browserHash: text().notNull(),
    /** When the state ends; once it came back, when the choice among many accounts does. */
    expiresAt: time().notNull(),
    /** When the state came back: it does so once. */
    returnedAt: time(),
    /** The sealed grant of the person who is still to choose; null before and after. */
    grantEnvelope: text(),
    /** What the last page shows. */
    result: text({ mode: "json" }).$type<ConsentResult>(),
  },
  (table) => [uniqueIndex("consents_by_state").on(table.stateHash), index("consents_by_expiry").on(table.expiresAt)],
);

/** What became of a consent: the accounts that were connected, and the permissions for want of which others were not. */
export interface ConsentResult {
  accountIds: string[];
  missing: string[];
}

/** Data deletions that Meta asked for on a person's behalf. Says nothing of the person. */
export const dataDeletions = sqliteTable("data_deletions", {
  /** What the person looks it up by. */
  code: text().primaryKey(),
  completedAt: time().notNull(),
});
