import type { AccountRow } from "../db/accounts.ts";
import type { ProjectedApproval } from "../db/approvals.ts";
import type { Requester } from "../db/audit-log.ts";
import type { IdempotencyRow } from "../db/idempotency.ts";
import type { NewPostRow } from "../db/new-posts.ts";
import type { Timeline } from "../db/timeline.ts";
import type { Millis } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { JsonObject } from "../lib/json.ts";
import type { PostRef, Scope } from "../lib/vocabulary.ts";
import { MEDIA_LIFE } from "../media/add-media.ts";
import { optionsFor } from "../platforms/registry.ts";
import type { CheckedPost, PublishRequest } from "./check-post.ts";
import { mediaOf } from "./check-post.ts";
import { firstWakeBy, newDocument } from "./document.ts";
import { statusOf } from "./machine.ts";
import { stateOf } from "./show-tasks.ts";

/*
 * What is stored of a request that was found good.
 */

/** A post that was accepted, with what its client should know. */
export interface AcceptedPost {
  post: NewPostRow;
  warnings: string[];
}

/** How a request with an Idempotency-Key claims it: the answer is stored with the post. */
export interface PublishClaim {
  /** SHA-256 of the key, and of what the request means, in hexadecimal. */
  key: string;
  fingerprint: string;
  expiresAt: Millis;
  respond(accepted: AcceptedPost): { status: number; body: string };
}

const CONTENT_VERSION = 1;

/** The post that becomes of a checked request. */
export function acceptPost(
  scope: Scope,
  request: PublishRequest,
  { accounts, scheduledAt, publishBefore, warnings }: CheckedPost,
  at: { now: Millis; clockOffset: Millis },
  { requester, mustBeApproved }: { requester: Requester; mustBeApproved: boolean },
): AcceptedPost {
  const { now, clockOffset } = at;
  const ref: PostRef = { ...scope, postId: newId("post", now) };
  const { asker, requestId, ip } = requester;
  const approval = mustBeApproved ? pendingApproval(request, asker, now) : null;
  const options = optionsOfUsed(request, accounts);
  const tasks = accounts.map(({ id, platform }) => {
    const hasComment = options[platform]?.first_comment !== undefined;
    return { accountId: id, platform, hasComment };
  });
  const by = asker === null ? {} : { keyId: asker };
  const timeline: Timeline = [
    { at: now, type: "accepted", ...by },
    ...(approval ? [{ at: now, type: "approval_requested" as const, ...by }] : []),
  ];
  const times = { clockOffset, scheduledAt, publishBefore };
  const document = newDocument({
    postId: ref.postId,
    version: CONTENT_VERSION,
    contentId: null,
    ...times,
    tasks,
    approval,
    timeline,
  });
  const post: NewPostRow = {
    ref,
    createdAt: now,
    version: CONTENT_VERSION,
    content: request.content,
    media: request.mediaIds,
    usedMedia: mediaOf(request),
    mediaKeptUntil: mediaKeptUntil(scheduledAt, clockOffset),
    options,
    platforms: request.platforms ?? [...new Set(accounts.map((account) => account.platform))],
    scheduledAt,
    publishBefore,
    externalId: request.externalId,
    metadata: request.metadata,
    status: statusOf(document),
    state: stateOf(document),
    timeline,
    // One that waits has to be told of.
    wakeBy: firstWakeBy(approval ? now : scheduledAt),
    approval,
    audit: {
      id: newId("auditLine", now - clockOffset),
      ...scope,
      at: now - clockOffset,
      action: "post.created",
      actor: asker ?? "system",
      target: ref.postId,
      requestId,
      ip,
      details: null,
    },
  };
  return { post, warnings: [...new Set(warnings.map(({ message }) => message))] };
}

function pendingApproval({ approval }: PublishRequest, asker: string | null, now: Millis): ProjectedApproval {
  return {
    state: "pending",
    round: 1,
    requestedBy: asker,
    requestedAt: now,
    expiresAt: approval?.expiresAt ?? null,
    comment: approval?.comment ?? null,
    decidedBy: null,
    decidedAt: null,
    reason: null,
  };
}

/** How long the media of a post is kept for it: in real time, in which media lives. */
export function mediaKeptUntil(scheduledAt: Millis, clockOffset: Millis): Millis {
  return scheduledAt - clockOffset + MEDIA_LIFE;
}

/** The options of the platforms that the post goes to, as JSON holds them. */
export function optionsOfUsed(
  request: PublishRequest,
  accounts: Pick<AccountRow, "platform">[],
): { [platform: string]: JsonObject } {
  return Object.fromEntries(accounts.map(({ platform }) => [platform, optionsFor(request.options, platform)]));
}

/** The row by which a request claims its key, with the answer that replays give. */
export function claimRow(scope: Scope, claim: PublishClaim, accepted: AcceptedPost, now: Millis): IdempotencyRow {
  const { status, body } = claim.respond(accepted);
  return {
    ...scope,
    key: claim.key,
    fingerprint: claim.fingerprint,
    claim: newId("claim", now),
    claimedAt: now,
    postId: accepted.post.ref.postId,
    isSealed: false,
    responseStatus: status,
    responseBody: body,
    expiresAt: claim.expiresAt,
  };
}
