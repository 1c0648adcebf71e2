/*
 * The closed sets of words that requests, answers, tables and types share. Each is listed here once and everything
 * else derives from the list.
 */

/** A key, and all that it reaches, belongs to one of two worlds that never mix. */
export const MODES = ["live", "test"] as const;
export type Mode = (typeof MODES)[number];

/** What a key can be allowed to do. A key may do nothing that its scopes do not name. */
export const KEY_SCOPES = [
  "posts:read",
  "posts:write",
  "media:write",
  "accounts:read",
  "accounts:write",
  "webhooks:read",
  "webhooks:write",
  "approvals:write",
  "keys:admin",
  "audit:read",
] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** The platforms that can be published to. */
export const LIVE_PLATFORMS = ["instagram", "facebook"] as const;
export type PlatformId = (typeof LIVE_PLATFORMS)[number];

/** The platforms that are announced. A request that names one is told so. */
export const COMING_PLATFORMS = ["linkedin", "tiktok", "youtube", "x", "pinterest", "google_business"] as const;
export type ComingPlatformId = (typeof COMING_PLATFORMS)[number];

/** How platforms call themselves. */
export const PLATFORM_NAMES = {
  instagram: "Instagram",
  facebook: "Facebook",
  linkedin: "LinkedIn",
  tiktok: "TikTok",
  youtube: "YouTube",
  x: "X",
  pinterest: "Pinterest",
  google_business: "Google Business",
} as const satisfies Record<PlatformId | ComingPlatformId, string>;

/**
 * How publishing on a platform stands. `degraded`: the platform limits our app, and what it limits waits. `paused`: whoever
 * runs the deployment holds everything back.
 */
export const PLATFORM_STATES = ["ok", "degraded", "paused"] as const;
export type PlatformState = (typeof PLATFORM_STATES)[number];

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

/** The publications of a task: the post itself, and the comment that is to be written under it. */
export const TASK_PARTS = ["post", "comment"] as const;
export type TaskPart = (typeof TASK_PARTS)[number];

/** Why a task failed or waits, as `task.error.code`. */
export const TASK_ERROR_CODES = [
  "platform_error",
  "platform_rejected",
  "quota_exhausted",
  "account_needs_reconnect",
  "account_restricted",
  "account_disconnected",
  "media_missing",
  "post_id_unknown",
  "outcome_unknown",
  "not_published",
  "missed_window",
  "paused",
] as const;
export type TaskErrorCode = (typeof TASK_ERROR_CODES)[number];

/** What endpoints can ask to be told of: the contract's three first. */
export const SUBSCRIBED_EVENTS = [
  "publish.completed",
  "publish.failed",
  "approval.requested",
  "approval.approved",
  "approval.rejected",
  "approval.expired",
  "post.completed",
  "post.canceled",
  "account.connected",
  "account.recovered",
  "account.needs_reconnect",
  "account.expiring",
  "media.ready",
  "media.failed",
  "webhook.disabled",
] as const;
export type SubscribedEvent = (typeof SUBSCRIBED_EVENTS)[number];

/** What members can ask to be told of themselves. */
export const PERSONAL_EVENTS = ["publish.failed", "approval.requested"] as const satisfies SubscribedEvent[];
export type PersonalEvent = (typeof PERSONAL_EVENTS)[number];

/** What is told: also what nobody asks for, an endpoint's test. */
export const EVENT_TYPES = [...SUBSCRIBED_EVENTS, "webhook.test"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * How the sending of an event to an endpoint stands. `pending`: sent at its time. `held`: waits until the endpoint, which
 * is failing, answers again.
 */
export const DELIVERY_STATUSES = ["pending", "held", "delivered", "failed"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why an endpoint was given up: it said so itself, or it failed for days. */
export const DISABLED_REASONS = ["gone", "failing"] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** Which posts of a workspace wait for approval that do not ask for it themselves. `keys`: those of keys that are marked so. */
export const APPROVAL_POLICIES = ["off", "all_posts", "keys"] as const;
export type ApprovalPolicy = (typeof APPROVAL_POLICIES)[number];

/** How the approval of a post stands. What was rejected, or not decided in time, is canceled. */
export const APPROVAL_STATES = ["pending", "approved", "rejected", "expired"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** What a person is in a workspace: who looks, who decides as well, who writes as well, who does everything. */
export const ROLES = ["viewer", "approver", "editor", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** In which words an endpoint is told. */
export const WEBHOOK_FORMATS = ["event", "slack", "email"] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];
/** How members are told: as Slack takes it, or by e-mail. */
export type PersonalFormat = Exclude<WebhookFormat, "event">;

/** What can become of posts that came due while they were paused. */
export const OVERDUE_ACTIONS = ["send", "reschedule", "cancel"] as const;
export type OverdueAction = (typeof OVERDUE_ACTIONS)[number];

/** What the audit log tells of: what was changed, and how. */
export const AUDIT_ACTIONS = [
  "post.created",
  "post.edited",
  "post.canceled",
  "post.retried",
  "post.approved",
  "post.rejected",
  "task.canceled",
  "task.resolved",
  "account.connected",
  "account.updated",
  "account.disconnected",
  "account.paused",
  "account.resumed",
  "connect_link.created",
  "media.created",
  "media.deleted",
  "upload.created",
  "upload.part_received",
  "upload.deleted",
  "webhook.created",
  "webhook.updated",
  "webhook.deleted",
  "webhook.disabled",
  "webhook.secret_rotated",
  "webhook.tested",
  "delivery.replayed",
  "api_key.created",
  "api_key.updated",
  "api_key.rotated",
  "api_key.revoked",
  "member.invited",
  "member.joined",
  "member.updated",
  "member.removed",
  "member.signed_in",
  "notifications.link_sent",
  "notifications.changed",
  "notifications.removed",
  "group.created",
  "group.updated",
  "group.deleted",
  "workspace.created",
  "workspace.updated",
  "workspace.paused",
  "workspace.resumed",
  "workspace.suspended",
  "workspace.unsuspended",
  "workspace.exported",
  "workspace.deleted",
  "sandbox.clock_advanced",
  "sandbox.posts_cleared",
  "deployment.paused",
  "deployment.resumed",
  "deployment.keys_rotated",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What a post's timeline tells of. */
export const TIMELINE_TYPES = [
  "accepted",
  "edited",
  "began",
  "step",
  "armed",
  "commit",
  "settling",
  "waiting",
  "concluded",
  "retried",
  "resolved",
  "canceled",
  "paused",
  "resumed",
  "approval_requested",
  "approved",
  "rejected",
  "approval_expired",
] as const;
export type TimelineType = (typeof TIMELINE_TYPES)[number];

/** How a picture's colours are stored. */
export const COLOR_SPACES = ["rgb", "gray", "cmyk"] as const;
export type ColorSpace = (typeof COLOR_SPACES)[number];

/** How an account stands with its platform, as far as the platform has said. */
export const ACCOUNT_HEALTHS = ["ok", "needs_reconnect", "restricted"] as const;
export type AccountHealth = (typeof ACCOUNT_HEALTHS)[number];

/** The same as answers show it: also what the clock alone says, see `accounts/health.ts`. */
export const SHOWN_ACCOUNT_HEALTHS = ["ok", "expiring", "needs_reconnect", "restricted"] as const;
export type ShownAccountHealth = (typeof SHOWN_ACCOUNT_HEALTHS)[number];

/** Where a person can be asked to consent. An Instagram account can be reached by either. */
export const AUTH_PROVIDERS = ["facebook", "instagram"] as const;
export type AuthProvider = (typeof AUTH_PROVIDERS)[number];

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

/** The world of one API key: a workspace in one of its modes. */
export interface Scope {
  workspaceId: string;
  mode: Mode;
}

/**
 * What one API key reaches of its world. It is no `Scope` by itself, so that a query which knows nothing of accounts is
 * not called with it by mistake.
 */
export interface Access {
  scope: Scope;
  /** The only accounts that it sees and posts to; null: all of them. */
  accountIds: readonly string[] | null;
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
  "version_conflict",
  "duplicate_content",
  "platform_not_configured",
  "payload_too_large",
  "unsupported_media_type",
  "rate_limited",
  "internal_error",
  "platform_error",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
