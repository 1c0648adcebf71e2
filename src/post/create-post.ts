import type { AccountRow } from "../db/accounts.ts";
import type { Database } from "../db/database.ts";
import type { IdempotencyRow } from "../db/idempotency.ts";
import type { NewPostRow } from "../db/new-posts.ts";
import type { ClaimingPost, PublishContext, StoreOutcome } from "../db/publish-requests.ts";
import { loadPublishContext, storePosts } from "../db/publish-requests.ts";
import type { Said } from "../db/recent-contents.ts";
import { findSaid } from "../db/recent-contents.ts";
import { retryWrite } from "../db/retry.ts";
import type { Timeline } from "../db/timeline.ts";
import { reaches } from "../lib/access.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { JsonObject } from "../lib/json.ts";
import { invalid, Refusal, unknownAccountMessage } from "../lib/refusal.ts";
import type { Access, PostRef, Scope } from "../lib/vocabulary.ts";
import { MEDIA_LIFE } from "../media/add-media.ts";
import type { Platforms } from "../platforms/registry.ts";
import { optionsFor } from "../platforms/registry.ts";
import type { CheckedPost, PublishRequest } from "./check-post.ts";
import { checkPost, mediaOf } from "./check-post.ts";
import type { Asker } from "./commands.ts";
import { firstWakeBy, newDocument } from "./document.ts";
import { duplicateContent, duplicateMessage, SAID_LIFE, saidBy } from "./duplicates.ts";
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

/** A publish request with the claim of its key; null: it has none. */
export interface PublishAsk {
  request: PublishRequest;
  claim: PublishClaim | null;
}

export type CreatePostOutcome =
  | { is: "created"; ref: PostRef; accepted: AcceptedPost; claimed: IdempotencyRow | null }
  /** The key was taken: by the same request, or by another with the same key. */
  | { is: "taken"; row: IdempotencyRow }
  | { is: "refused"; refusal: Refusal }
  /** The database did not answer: it may be stored, or not. */
  | { is: "failed"; error: unknown };

export interface CreateDeps {
  db: Database;
  clock: Clock;
  platforms: Platforms;
}

const CONTENT_VERSION = 1;

/** Posts that one batch stores: what they are made of is a parameter, which may have two megabytes. */
const POSTS_PER_BATCH = 50;

/** Accepts one post, as `createPosts` does. @throws Refusal with the field at fault */
export async function createPost(
  deps: CreateDeps,
  access: Access,
  ask: PublishAsk,
  asker: Asker,
): Promise<Extract<CreatePostOutcome, { is: "created" | "taken" }>> {
  const [outcome] = await createPosts(deps, access, [ask], asker);
  if (outcome?.is === "created" || outcome?.is === "taken") return outcome;
  throw outcome?.is === "refused" ? outcome.refusal : outcome?.error;
}

/**
 * Accepts posts: checks each against its accounts, its media and each platform's limits, and stores it in one batch with
 * the claim of its key. What is accepted when this returns is so, whatever happens next; none depends on another.
 *
 * A request whose key is taken is answered before anything that depends on time or state is looked at, so that a replay
 * is never refused.
 *
 * @returns what became of each, in order
 */
export async function createPosts(
  deps: CreateDeps,
  access: Access,
  asks: readonly PublishAsk[],
  asker: Asker,
): Promise<CreatePostOutcome[]> {
  const { scope } = access;
  const realNow = deps.clock();
  const context = await loadPublishContext(deps.db, access, namesOf(asks));
  const outcomes = new Map<PublishAsk, CreatePostOutcome>();
  const candidates: Candidate[] = [];
  for (const ask of asks) {
    const row = context.taken.find(({ key, expiresAt }) => key === ask.claim?.key && expiresAt > realNow);
    const candidate = row ? null : await prepare(deps, scope, ask, { context, realNow, asker });
    if (row) outcomes.set(ask, { is: "taken", row });
    else if (candidate instanceof Refusal) outcomes.set(ask, { is: "refused", refusal: candidate });
    else if (candidate) candidates.push(candidate);
  }
  const { first, later } = divide(candidates);
  for (let from = 0; from < first.length; from += POSTS_PER_BATCH) {
    const batch = first.slice(from, from + POSTS_PER_BATCH);
    const stored = await store(deps, scope, batch, realNow);
    const said = await saidBefore(deps.db, scope, batch, stored, realNow);
    for (const [index, candidate] of batch.entries()) {
      const outcome = stored[index] ?? { is: "refused" };
      outcomes.set(candidate.ask, await conclude(deps, access, candidate, outcome, said));
    }
  }
  for (const candidate of later) {
    const known = knownOutcome(candidate, first, outcomes);
    const [outcome] = known ? [known] : await createPosts(deps, access, [candidate.ask], asker);
    if (outcome) outcomes.set(candidate.ask, outcome);
  }
  return asks.map((ask) => outcomes.get(ask) ?? { is: "failed", error: new Error("a request was lost sight of") });
}

/** All that requests name. */
function namesOf(asks: readonly PublishAsk[]) {
  const all = (list: (ask: PublishAsk) => string[]) => [...new Set(asks.flatMap(list))];
  return {
    keys: all(({ claim }) => (claim ? [claim.key] : [])),
    accountIds: all(({ request }) => request.accountIds),
    mediaIds: all(({ request }) => mediaOf(request)),
  };
}

/** A request that was found good, with all that is to be stored of it. */
interface Candidate extends ClaimingPost {
  ask: PublishAsk;
  accepted: AcceptedPost;
}

async function prepare(
  deps: CreateDeps,
  scope: Scope,
  ask: PublishAsk,
  { context, realNow, asker }: { context: PublishContext; realNow: Millis; asker: Asker },
): Promise<Candidate | Refusal> {
  const { request } = ask;
  const { clockOffset } = context;
  const now = realNow + clockOffset;
  const checked = checkPost(deps.platforms, scope, request, context, now);
  const [violation] = checked.violations;
  if (violation) return invalid(violation.field, violation.message);
  const accepted = acceptPost(scope, request, checked, { now, clockOffset, asker });
  const claim = ask.claim && claimRow(scope, ask.claim, accepted, realNow);
  const guard = context.duplicateGuard
    ? {
        said: await saidBy(request, checked.accounts),
        expiresAt: realNow + SAID_LIFE,
        mayRepeat: request.allowDuplicate,
      }
    : null;
  return { ask, accepted, post: accepted.post, claim, guard };
}

/** Sets those aside that have a key, or something to say, in common with one before: one batch cannot tell them apart. */
function divide(candidates: readonly Candidate[]): { first: Candidate[]; later: Candidate[] } {
  const seen = new Set<string>();
  const first: Candidate[] = [];
  const later: Candidate[] = [];
  for (const candidate of candidates) {
    const marks = marksOf(candidate);
    (marks.some((mark) => seen.has(mark)) ? later : first).push(candidate);
    for (const mark of marks) seen.add(mark);
  }
  return { first, later };
}

function marksOf({ claim, guard }: Candidate): string[] {
  return [...(claim ? [claim.key] : []), ...(guard?.said.map(markOf) ?? [])];
}

function markOf({ accountId, fingerprint }: Said): string {
  return `${accountId} ${fingerprint}`;
}

/** What became of a request that shares its key, or what it says, with one that was stored; null: it is to be tried. */
function knownOutcome(
  { claim, guard }: Candidate,
  first: readonly Candidate[],
  outcomes: ReadonlyMap<PublishAsk, CreatePostOutcome>,
): CreatePostOutcome | null {
  for (const other of first) {
    const outcome = outcomes.get(other.ask);
    const row = outcome?.is === "created" ? outcome.claimed : outcome?.is === "taken" ? outcome.row : null;
    if (claim && row?.key === claim.key) return { is: "taken", row };
  }
  if (!guard || guard.mayRepeat) return null;
  for (const other of first) {
    const marks = new Set(other.guard?.said.map(markOf));
    const repeated = guard.said.find((said) => marks.has(markOf(said)));
    const outcome = outcomes.get(other.ask);
    if (!repeated || outcome?.is !== "created") continue;
    const refusal = duplicateContent({ accountId: repeated.accountId, postId: outcome.ref.postId });
    return { is: "refused", refusal };
  }
  return null;
}

type Stored = StoreOutcome | { is: "failed"; error: unknown };

async function store(deps: CreateDeps, scope: Scope, made: readonly Candidate[], now: Millis): Promise<Stored[]> {
  if (made.length === 0) return [];
  try {
    return await retryWrite(() => storePosts(deps.db, scope, made, now));
  } catch (error) {
    if (made.length === 1) return [{ is: "failed", error }];
    // Each by itself, then: it may be one of them that the database does not take.
    return (await Promise.all(made.map((each) => store(deps, scope, [each], now)))).flat();
  }
}

/** What refused posts wanted to say again. */
async function saidBefore(
  db: Database,
  scope: Scope,
  made: readonly Candidate[],
  stored: readonly Stored[],
  now: Millis,
): Promise<(Said & { postId: string })[]> {
  const refused = made.filter((_, index) => stored[index]?.is === "refused");
  const said = refused.flatMap(({ guard }) => (guard && !guard.mayRepeat ? guard.said : []));
  return said.length === 0 ? [] : findSaid(db, scope, said, now);
}

async function conclude(
  deps: CreateDeps,
  access: Access,
  { ask, accepted, claim, guard }: Candidate,
  outcome: Stored,
  said: readonly (Said & { postId: string })[],
): Promise<CreatePostOutcome> {
  if (outcome.is === "stored") return { is: "created", ref: accepted.post.ref, accepted, claimed: claim };
  if (outcome.is !== "refused") return outcome;
  const marks = guard && !guard.mayRepeat ? guard.said.map(markOf) : [];
  const first = said.find((each) => marks.includes(markOf(each)));
  return { is: "refused", refusal: first ? duplicateContent(first) : await mediaGone(deps, access, ask.request) };
}

function claimRow(scope: Scope, claim: PublishClaim, accepted: AcceptedPost, now: Millis): IdempotencyRow {
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

/**
 * Refuses accounts beyond reach, before an Idempotency-Key is looked up: its answer would tell of them. What a key
 * reaches depends on no time, and so a replay by the same key is not refused.
 *
 * @throws Refusal with the field at fault
 */
export function refuseBeyondReach(access: Access, accountIds: readonly string[]): void {
  const index = accountIds.findIndex((id) => !reaches(access, id));
  const field = `accounts.${index}`;
  if (index !== -1) throw invalid(field, unknownAccountMessage(field, access.scope.mode));
}

/** The refusal of a request whose media was deleted while it was checked. */
async function mediaGone(deps: CreateDeps, access: Access, request: PublishRequest): Promise<Refusal> {
  const [checked] = await validatePosts(deps, access, [request]);
  const [violation] = checked?.violations ?? [];
  if (violation) return invalid(violation.field, violation.message);
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
 * @returns of each request every violation, and the warnings
 */
export async function validatePosts(
  deps: CreateDeps,
  access: Access,
  requests: readonly PublishRequest[],
): Promise<Pick<CheckedPost, "violations" | "warnings">[]> {
  const { scope } = access;
  const names = namesOf(requests.map((request) => ({ request, claim: null })));
  const context = await loadPublishContext(deps.db, access, names);
  const now = deps.clock();
  const checked = requests.map((request) =>
    checkPost(deps.platforms, scope, request, context, now + context.clockOffset),
  );
  if (!context.duplicateGuard) return checked;
  const saying = await Promise.all(
    requests.map((request, index) => (request.allowDuplicate ? [] : saidBy(request, checked[index]?.accounts ?? []))),
  );
  const said = await findSaid(deps.db, scope, saying.flat(), now);
  return checked.map(({ violations, warnings }, index) => {
    const marks = saying[index]?.map(markOf) ?? [];
    const duplicates = said.filter((each) => marks.includes(markOf(each)));
    return { violations: [...violations, ...duplicates.map(duplicateViolation)], warnings };
  });
}

function duplicateViolation(first: Said & { postId: string }): CheckedPost["violations"][number] {
  const message = duplicateMessage(first);
  return { accountId: first.accountId, field: "content", code: "duplicate_content", message };
}
