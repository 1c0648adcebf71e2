import type { AccountRow } from "../db/accounts.ts";
import type { Database } from "../db/database.ts";
import type { IdempotencyRow } from "../db/idempotency.ts";
import type { MediaRow } from "../db/media.ts";
import { findMedia } from "../db/media.ts";
import type { NewPostRow } from "../db/posts.ts";
import type { PublishContext } from "../db/publish-requests.ts";
import { claimAndSavePost, loadPublishContext, savePost } from "../db/publish-requests.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { DAY, MINUTE } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { Refusal } from "../lib/refusal.ts";
import { invalid } from "../lib/refusal.ts";
import { roundUpToSecond } from "../lib/time.ts";
import type { PlatformId, PostRef, Scope } from "../lib/vocabulary.ts";
import { MEDIA_LIFE } from "../media/add-media.ts";
import type { PlatformOptions, Platforms } from "../platforms/registry.ts";
import { firstWakeBy, newDocument, stateOf } from "./document.ts";
import { draftMedia } from "./draft.ts";
import { statusOf } from "./machine.ts";

/** A well-formed publish request. */
export interface PublishRequest {
  content: string;
  /** Null: the accounts' platforms. */
  platforms: PlatformId[] | null;
  accountIds: string[];
  mediaIds: string[];
  schedule: "now" | Millis;
  options: PlatformOptions;
}

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

/** A schedule so far back means now: clocks differ, and requests take time. */
const PAST_TOLERANCE: Millis = 5 * MINUTE;
const HORIZON: Millis = 366 * DAY;
const CONTENT_VERSION = 1;

/**
 * Accepts a post: checks it against its accounts, its media and each platform's limits, and stores it in one batch with
 * the claim of its key. It is accepted when this returns, whatever happens next.
 *
 * A request whose key is taken is answered before anything that depends on time or state is looked at, so that a replay
 * is never refused.
 *
 * @throws Refusal with the field at fault
 */
export async function createPost(
  deps: { db: Database; clock: Clock; platforms: Platforms },
  scope: Scope,
  request: PublishRequest,
  claim: PublishClaim | null,
): Promise<CreatePostOutcome> {
  const now = deps.clock();
  const { accountIds, mediaIds } = request;
  const context = await loadPublishContext(deps.db, scope, { key: claim?.key ?? null, accountIds, mediaIds });
  if (claim && context.taken && context.taken.expiresAt > now) return { is: "taken", row: context.taken };

  const scheduledAt = resolveSchedule(request.schedule, now);
  const accounts = resolveAccounts(request, scope, context);
  const media = resolveMedia(mediaIds, context.media);
  checkLimits(deps.platforms, request, accounts, media);

  const accepted = acceptPost(scope, request, accounts, scheduledAt, now);
  const { ref } = accepted.post;
  if (!claim) {
    const isStored = await retryWrite(() => savePost(deps.db, accepted.post));
    if (!isStored) throw await mediaGone(deps.db, scope, mediaIds);
    return { is: "created", ref, accepted, claimed: null };
  }
  const { status, body } = claim.respond(accepted);
  const row: IdempotencyRow = {
    ...scope,
    key: claim.key,
    fingerprint: claim.fingerprint,
    claim: newId("claim", now),
    responseStatus: status,
    responseBody: body,
    expiresAt: claim.expiresAt,
  };
  const winner = await retryWrite(() => claimAndSavePost(deps.db, accepted.post, row));
  if (!winner) throw await mediaGone(deps.db, scope, mediaIds);
  if (winner.claim !== row.claim) return { is: "taken", row: winner };
  return { is: "created", ref, accepted, claimed: row };
}

function resolveSchedule(schedule: "now" | Millis, now: Millis): Millis {
  if (schedule === "now") return now;
  if (schedule < now - PAST_TOLERANCE) throw invalid("schedule", "schedule lies in the past.");
  if (schedule > now + HORIZON) throw invalid("schedule", "schedule lies more than a year ahead.");
  // Up to the next second, so that the printed time is never earlier than the post.
  return Math.max(roundUpToSecond(schedule), now);
}

function resolveAccounts(request: PublishRequest, scope: Scope, context: PublishContext): AccountRow[] {
  return request.accountIds.map((id, index) => {
    const account = context.accounts.find((each) => each.id === id);
    if (!account) {
      throw invalid(`accounts.${index}`, `accounts.${index} is not a ${scope.mode} account of this workspace.`);
    }
    if (request.platforms && !request.platforms.includes(account.platform)) {
      const message = `accounts.${index} is an account on ${account.platform}, which platforms does not list.`;
      throw invalid(`accounts.${index}`, message);
    }
    return account;
  });
}

function resolveMedia(ids: string[], found: MediaRow[]): MediaRow[] {
  return ids.map((id, index) => {
    const media = found.find((each) => each.id === id);
    if (!media) throw invalid(`media.${index}`, `media.${index} is not media of this workspace.`);
    return media;
  });
}

/** The refusal of a request whose media was deleted while it was checked. */
async function mediaGone(db: Database, scope: Scope, ids: string[]): Promise<Refusal> {
  resolveMedia(ids, await findMedia(db, scope, ids));
  return invalid("media", "media was deleted while this was being accepted.");
}

function checkLimits(platforms: Platforms, request: PublishRequest, accounts: AccountRow[], media: MediaRow[]): void {
  for (const platform of new Set(accounts.map((account) => account.platform))) {
    const draft = {
      text: request.content,
      media: media.map(draftMedia),
      options: optionsFor(request.options, platform),
    };
    const [violation] = platforms[platform].check(draft);
    if (violation) throw invalid(violation.field, violation.message);
  }
}

function optionsFor(options: PlatformOptions, platform: PlatformId): { [name: string]: string } {
  const chosen = platform === "facebook" ? options.facebook : undefined;
  return chosen?.link === undefined ? {} : { link: chosen.link };
}

function acceptPost(
  scope: Scope,
  request: PublishRequest,
  accounts: AccountRow[],
  scheduledAt: Millis,
  now: Millis,
): AcceptedPost {
  const ref: PostRef = { ...scope, postId: newId("post", now) };
  const tasks = accounts.map(({ id, platform }) => ({ accountId: id, platform }));
  const document = newDocument({ postId: ref.postId, version: CONTENT_VERSION, scheduledAt, tasks });
  const used = new Set(accounts.map((account) => account.platform));
  const platforms = request.platforms ?? [...used];
  const post: NewPostRow = {
    ref,
    createdAt: now,
    version: CONTENT_VERSION,
    content: request.content,
    media: request.mediaIds,
    mediaKeptUntil: scheduledAt + MEDIA_LIFE,
    options: { facebook: optionsFor(request.options, "facebook") },
    platforms,
    scheduledAt,
    status: statusOf(document),
    state: stateOf(document),
    wakeBy: firstWakeBy(scheduledAt),
  };
  const unused = platforms.filter((platform) => !used.has(platform));
  const warnings = [
    ...unused.map((platform) => `platforms lists ${platform}, and none of the accounts is on it: nothing goes there.`),
    ...accounts
      .filter((account) => account.health === "needs_reconnect")
      .map((account) => `${account.id} must be connected again before anything is published on it.`),
  ];
  return { post, warnings };
}
