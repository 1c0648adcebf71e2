/*
 * The closed sets of words that requests, answers, tables and types share. Each is listed here once and everything
 * else derives from the list.
 */

/** A key, and all that it reaches, belongs to one of two worlds that never mix. */
export const MODES = ["live", "test"] as const;
export type Mode = (typeof MODES)[number];

/** The platforms that can be published to. */
export const LIVE_PLATFORMS = ["instagram", "facebook"] as const;
export type PlatformId = (typeof LIVE_PLATFORMS)[number];

/** The platforms that are announced. A request that names one is told so. */
export const COMING_PLATFORMS = ["linkedin", "tiktok", "youtube", "x", "pinterest", "google_business"] as const;

/** What a task can be. The last four are final, but for a person's retry or resolve. */
export const TASK_STATUSES = [
  "awaiting_approval",
  "queued",
  "publishing",
  "published",
  "failed",
  "unconfirmed",
  "canceled",
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** What a post can be: derived from its tasks, see `post/status.ts`. */
export const POST_STATUSES = [
  "awaiting_approval",
  "queued",
  "publishing",
  "published",
  "partially_published",
  "failed",
  "unconfirmed",
  "canceled",
] as const;
export type PostStatus = (typeof POST_STATUSES)[number];

/** Why a task failed or waits, as `task.error.code`. */
export const TASK_ERROR_CODES = [
  "platform_error",
  "platform_rejected",
  "quota_exhausted",
  "account_needs_reconnect",
  "account_restricted",
  "account_disconnected",
  "media_missing",
  "outcome_unknown",
] as const;
export type TaskErrorCode = (typeof TASK_ERROR_CODES)[number];

/** What is told about asynchronous work. */
export const EVENT_TYPES = ["publish.completed", "publish.failed", "post.completed", "post.canceled"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** How a picture's colours are stored. */
export const COLOR_SPACES = ["rgb", "gray", "cmyk"] as const;
export type ColorSpace = (typeof COLOR_SPACES)[number];

/** How an account stands with its platform. */
export const ACCOUNT_HEALTHS = ["ok", "needs_reconnect", "restricted"] as const;
export type AccountHealth = (typeof ACCOUNT_HEALTHS)[number];

/** How a sandbox account behaves, so that a client's own tests can meet success and every kind of trouble. */
export const SANDBOX_BEHAVIORS = [
  "ok",
  "slow_processing",
  "transient_errors",
  "token_expired",
  "lost_answer",
  "rate_limited",
  "rejects_media",
  "quota_exhausted",
  "permission_revoked",
  "container_expires",
  "held_by_platform",
] as const;
export type SandboxBehavior = (typeof SANDBOX_BEHAVIORS)[number];

/** Names one post among all: every query and every object is reached through all three. */
export interface PostRef {
  workspaceId: string;
  mode: Mode;
  postId: string;
}

/** The part of the world that one API key reaches. */
export interface Scope {
  workspaceId: string;
  mode: Mode;
}

/** What an error answer's `code` can be. Its HTTP status is the API's to say, see `api/errors.ts`. */
export const ERROR_CODES = [
  "validation_error",
  "unauthorized",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "conflict",
  "idempotency_conflict",
  "platform_not_configured",
  "payload_too_large",
  "unsupported_media_type",
  "rate_limited",
  "internal_error",
  "platform_error",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
