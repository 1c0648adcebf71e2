import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Json } from "../lib/json.ts";
import {
  ACCOUNT_HEALTHS,
  COLOR_SPACES,
  EVENT_TYPES,
  LIVE_PLATFORMS,
  MODES,
  POST_STATUSES,
  SANDBOX_BEHAVIORS,
} from "../lib/vocabulary.ts";
import type { PostState } from "./posts.ts";

/*
 * All times are milliseconds since the epoch. Every table is WITHOUT ROWID, which spares one written row for each insert;
 * drizzle cannot say so, and its migrations are edited by hand.
 */

const mode = () => text({ enum: MODES }).notNull();
const workspaceId = () => text().notNull();
const time = () => integer();

export const workspaces = sqliteTable("workspaces", {
  id: text().primaryKey(),
  name: text().notNull(),
  createdAt: time().notNull(),
});

/** API keys, by digest alone: the key itself is shown once and stored nowhere. */
export const apiKeys = sqliteTable(
  "api_keys",
  {
    id: text().primaryKey(),
    workspaceId: workspaceId(),
    mode: mode(),
    /** HMAC-SHA-256 of the key under `API_KEY_PEPPER`, in hexadecimal. */
    digest: text().notNull(),
    /** The key's last four characters, to tell keys apart by. */
    lastFour: text().notNull(),
    createdAt: time().notNull(),
  },
  (table) => [uniqueIndex("api_keys_by_digest").on(table.digest)],
);

/** Platform tokens, encrypted and bound to their row. Nothing else holds a token. */
export const grants = sqliteTable("grants", {
  id: text().primaryKey(),
  workspaceId: workspaceId(),
  mode: mode(),
  /** See `accounts/vault.ts`. */
  tokenEnvelope: text().notNull(),
  /** When the token ends; null when it does not, or the platform does not say. */
  expiresAt: time(),
  updatedAt: time().notNull(),
});

/** Connected social accounts. */
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
    /** Which of Meta's two hosts the account's token belongs to. */
    graphHost: text({ enum: ["facebook", "instagram"] }).notNull(),
    grantId: text().notNull(),
    health: text({ enum: ACCOUNT_HEALTHS }).notNull(),
    healthReason: text(),
    /** Sandbox accounts only. */
    behavior: text({ enum: SANDBOX_BEHAVIORS }),
    createdAt: time().notNull(),
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
    /** Counts edits; the content of a version never changes. */
    version: integer().notNull(),
    content: text().notNull(),
    media: text({ mode: "json" }).$type<string[]>().notNull(),
    options: text({ mode: "json" }).$type<{ [platform: string]: Json }>().notNull(),
    platforms: text({ mode: "json" }).$type<string[]>().notNull(),
    scheduledAt: time().notNull(),
    status: text({ enum: POST_STATUSES }).notNull(),
    /** The tasks as answers show them. */
    state: text({ mode: "json" }).$type<PostState>().notNull(),
    /** Orders projections: one with a lower number is late and writes nothing. */
    seq: integer().notNull(),
    /** When the sweeper wakes the post's object unless a projection renewed it; null when all tasks are final. */
    wakeBy: time(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.mode, table.id] }),
    index("posts_by_schedule").on(table.workspaceId, table.mode, table.scheduledAt, table.id),
    index("posts_to_wake").on(table.wakeBy).where(sql`wake_by IS NOT NULL`),
  ],
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

const count = () => integer().notNull().default(0);

/** How many posts a workspace has of each status, kept in the batch of each change. */
export const postCounts = sqliteTable(
  "post_counts",
  {
    workspaceId: workspaceId(),
    mode: mode(),
    awaiting_approval: count(),
    queued: count(),
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
    /** The attempt that won. */
    claim: text().notNull(),
    responseStatus: integer().notNull(),
    responseBody: text().notNull(),
    expiresAt: time().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.mode, table.key] }),
    index("idempotency_by_expiry").on(table.expiresAt),
  ],
);

/** Everything that is told, written in the batch of the transition it tells of. The id makes a repeat harmless. */
export const events = sqliteTable("events", {
  id: text().primaryKey(),
  workspaceId: workspaceId(),
  mode: mode(),
  type: text({ enum: EVENT_TYPES }).notNull(),
  postId: text().notNull(),
  /** Frozen when the event was made: `{type, timestamp, data}`. */
  body: text().notNull(),
  createdAt: time().notNull(),
});

/**
 * Held by a task whose commit leaves no handle to find its post by, from before the commit until it is settled: two
 * equal posts to one external account must not be in flight at once, for neither could tell which one it found.
 */
export const commitLocks = sqliteTable(
  "commit_locks",
  {
    mode: mode(),
    platform: text({ enum: LIVE_PLATFORMS }).notNull(),
    externalId: text().notNull(),
    /** SHA-256 of the normalised content. */
    fingerprint: text().notNull(),
    workspaceId: workspaceId(),
    postId: text().notNull(),
    accountId: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.mode, table.platform, table.externalId, table.fingerprint] }),
    index("commit_locks_by_holder").on(table.postId, table.accountId),
  ],
);

/** Which task a public post belongs to, over the whole deployment: a post found by reading is claimed by one task. */
export const platformPosts = sqliteTable(
  "platform_posts",
  {
    mode: mode(),
    platform: text({ enum: LIVE_PLATFORMS }).notNull(),
    externalId: text().notNull(),
    platformPostId: text().notNull(),
    postId: text().notNull(),
    accountId: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.mode, table.platform, table.externalId, table.platformPostId] })],
);
