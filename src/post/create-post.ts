import type { AccountRow } from "../db/accounts.ts";
import type { Database } from "../db/database.ts";
import type { IdempotencyRow } from "../db/idempotency.ts";
import type { NewPostRow } from "../db/posts.ts";
import { claimAndSavePost, loadPublishContext, savePost } from "../db/publish-requests.ts";
import { retryWrite } from "../db/retry.ts";
import type { Timeline } from "../db/timeline.ts";
import { reaches } from "../lib/access.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { JsonObject } from "../lib/json.ts";
import type { Refusal } from "../lib/refusal.ts";
import { invalid, refuseMistakes, unknownAccountMessage } from "../lib/refusal.ts";
import type { Access, PostRef, Scope } from "../lib/vocabulary.ts";
import { MEDIA_LIFE } from "../media/add-media.ts";
import type { Platforms } from "../platforms/registry.ts";
import { optionsFor } from "../platforms/registry.ts";
import type { CheckedPost, PublishRequest } from "./check-post.ts";
import { checkPost, mediaOf } from "./check-post.ts";
import type { Asker } from "./commands.ts";
import { firstWakeBy, newDocument } from "./document.ts";
import { statusOf } from "./machine.ts";
import { stateOf } from "./show-tasks.ts";

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

export type CreatePostOutcome =
  | { is: "created"; ref: PostRef; accepted: AcceptedPost; claimed: IdempotencyRow | null }
  /** The key was taken: by the same request, or by another with the same key. */
  | { is: "taken"; row: IdempotencyRow };

const CONTENT_VERSION = 1;

/**
 * Accepts a post: checks it against its accounts, its media and each platform's limits, and stores it in one batch with
 * the claim of its key. It is accepted when this returns, whatever happens next.
 *
 * A request whose key is taken is answered before anything that depends on time or state is looked at, so that a replay
 * is never refused.
 *
 * @throws Refusal with every field at fault
 */
export async function createPost(
  deps: { db: Database; clock: Clock; platforms: Platforms },
  access: Access,
  request: PublishRequest,
  claim: PublishClaim | null,
  asker: Asker,
): Promise<CreatePostOutcome> {
  const { scope } = access;
  const realNow = deps.clock();
  const { accountIds } = request;
  const names = { key: claim?.key ?? null, accountIds, mediaIds: mediaOf(request) };
  const context = await loadPublishContext(deps.db, access, names);
  if (claim && context.taken && context.taken.expiresAt > realNow) return { is: "taken", row: context.taken };

  const { clockOffset } = context;
  const now = realNow + clockOffset;
  const checked = checkPost(deps.platforms, scope, request, context, now);
  refuseMistakes(checked.violations);

  const accepted = acceptPost(scope, request, checked, { now, clockOffset, asker });
  const { ref } = accepted.post;
  if (!claim) {
    const isStored = await retryWrite(() => savePost(deps.db, accepted.post));
    if (!isStored) throw await mediaGone(deps, access, request);
    return { is: "created", ref, accepted, claimed: null };
  }
  const { status, body } = claim.respond(accepted);
  const row: IdempotencyRow = {
    ...scope,
    key: claim.key,
    fingerprint: claim.fingerprint,
    claim: newId("claim", realNow),
    claimedAt: realNow,
    postId: ref.postId,
    isSealed: false,
    responseStatus: status,
    responseBody: body,
    expiresAt: claim.expiresAt,
  };
  const winner = await retryWrite(() => claimAndSavePost(deps.db, accepted.post, row, realNow));
  if (!winner) throw await mediaGone(deps, access, request);
  if (winner.claim !== row.claim) return { is: "taken", row: winner };
  return { is: "created", ref, accepted, claimed: row };
}

/**
 * Refuses accounts beyond reach, before an Idempotency-Key is looked up: its answer would tell of them. What a key
 * reaches depends on no time, and so a replay by the same key is not refused.
 *
 * @throws Refusal with every field at fault
 */
export function refuseBeyondReach(access: Access, accountIds: readonly string[]): void {
  const fields = accountIds.flatMap((id, index) => (reaches(access, id) ? [] : [`accounts.${index}`]));
  const { mode } = access.scope;
  refuseMistakes(fields.map((field) => ({ code: "unknown", field, message: unknownAccountMessage(field, mode) })));
}

/**
 * The refusal of a request whose media was deleted while it was checked.
 *
 * @throws Refusal where checking it again says more
 */
async function mediaGone(
  deps: { db: Database; clock: Clock; platforms: Platforms },
  access: Access,
  request: PublishRequest,
): Promise<Refusal> {
  refuseMistakes((await validatePost(deps, access, request)).violations);
  return invalid("media", "media was deleted while this was being accepted.");
}

function acceptPost(
  scope: Scope,
  request: PublishRequest,
  { accounts, scheduledAt, publishBefore, warnings }: CheckedPost,
  { now, clockOffset, asker }: { now: Millis; clockOffset: Millis; asker: Asker },
): AcceptedPost {
  const ref: PostRef = { ...scope, postId: newId("post", now) };
  const options = optionsOfUsed(request, accounts);
  const tasks = accounts.map(({ id, platform }) => {
    const hasComment = options[platform]?.first_comment !== undefined;
    return { accountId: id, platform, hasComment };
  });
  const timeline: Timeline = [{ at: now, type: "accepted", ...(asker !== null && { keyId: asker }) }];
  const times = { clockOffset, scheduledAt, publishBefore };
  const document = newDocument({
    postId: ref.postId,
    version: CONTENT_VERSION,
    contentId: null,
    ...times,
    tasks,
    approval: null,
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
    status: statusOf(document),
    state: stateOf(document),
    timeline,
    wakeBy: firstWakeBy(scheduledAt),
  };
  return { post, warnings: [...new Set(warnings.map(({ message }) => message))] };
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

/**
 * Says what publishing would refuse, and does nothing.
 *
 * @returns every violation, and the warnings
 */
export async function validatePost(
  deps: { db: Database; clock: Clock; platforms: Platforms },
  access: Access,
  request: PublishRequest,
): Promise<Pick<CheckedPost, "violations" | "warnings">> {
  const names = { key: null, accountIds: request.accountIds, mediaIds: mediaOf(request) };
  const context = await loadPublishContext(deps.db, access, names);
  return checkPost(deps.platforms, access.scope, request, context, deps.clock() + context.clockOffset);
}
