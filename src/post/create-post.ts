import type { Requester } from "../db/audit-log.ts";
import type { Database } from "../db/database.ts";
import type { IdempotencyRow } from "../db/idempotency.ts";
import type { ClaimingPost, PublishContext, PublishNames, StoreOutcome } from "../db/publish-requests.ts";
import { loadPublishContext, storePosts } from "../db/publish-requests.ts";
import type { SaidBefore } from "../db/recent-contents.ts";
import { findSaid } from "../db/recent-contents.ts";
import { retryWrite } from "../db/retry.ts";
import { reaches } from "../lib/access.ts";
import type { Millis } from "../lib/clock.ts";
import { invalid, Refusal, refuseMistakes, unknownAccountMessage } from "../lib/refusal.ts";
import type { Access, ApprovalPolicy, PostRef, Scope } from "../lib/vocabulary.ts";
import type { AcceptedPost, PublishClaim } from "./accept-post.ts";
import { acceptPost, claimRow } from "./accept-post.ts";
import type { PublishRequest } from "./check-post.ts";
import { checkPost } from "./check-post.ts";
import { duplicateContent, markOf, SAID_LIFE, saidBy } from "./duplicates.ts";
import type { CreateDeps } from "./validate-posts.ts";
import { namesOf, refusalOf, validatePosts } from "./validate-posts.ts";

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

/** Posts that one batch stores: what they are made of is a parameter, which may have two megabytes. */
const POSTS_PER_BATCH = 50;

/** What was read before it was known what for, of the whole world of whoever asks. */
export interface ReadAhead {
  names: PublishNames;
  context: PublishContext;
}

/**
 * Accepts one post, as `createPosts` does.
 *
 * @param ahead spares a round trip, where it has what is needed
 * @throws Refusal with every field at fault
 */
export async function createPost(
  deps: CreateDeps,
  access: Access,
  ask: PublishAsk,
  requester: Requester,
  ahead?: ReadAhead,
): Promise<Extract<CreatePostOutcome, { is: "created" | "taken" }>> {
  const [outcome] = await createPosts(deps, access, [ask], requester, ahead);
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
  requester: Requester,
  ahead?: ReadAhead,
): Promise<CreatePostOutcome[]> {
  const { scope } = access;
  const realNow = deps.clock();
  const names: PublishNames = {
    keys: asks.flatMap(({ claim }) => (claim ? [claim.key] : [])),
    ...namesOf(asks.map(({ request }) => request)),
  };
  const isRead = ahead && access.accountIds === null && has(ahead.names, names);
  const context = isRead ? ahead.context : await loadPublishContext(deps.db, access, names);
  const outcomes = new Map<PublishAsk, CreatePostOutcome>();
  const candidates: Candidate[] = [];
  for (const ask of asks) {
    const row = context.taken.find(({ key, expiresAt }) => key === ask.claim?.key && expiresAt > realNow);
    const candidate = row ? null : await prepare(deps, scope, ask, { context, realNow, requester });
    if (row) outcomes.set(ask, { is: "taken", row });
    else if (candidate instanceof Refusal) outcomes.set(ask, { is: "refused", refusal: candidate });
    else if (candidate) candidates.push(candidate);
  }
  const { first, later } = divide(candidates);
  for (const batch of batchesOf(first)) {
    const stored = await store(deps, scope, batch, realNow);
    const said = await saidBefore(deps.db, scope, batch, stored, realNow);
    for (const [index, candidate] of batch.entries()) {
      const outcome = stored[index] ?? { is: "refused" };
      outcomes.set(candidate.ask, await conclude(deps, access, candidate, outcome, said));
    }
  }
  for (const candidate of later) {
    const known = knownOutcome(candidate, first, outcomes);
    const [outcome] = known ? [known] : await createPosts(deps, access, [candidate.ask], requester);
    if (outcome) outcomes.set(candidate.ask, outcome);
  }
  return asks.map((ask) => outcomes.get(ask) ?? { is: "failed", error: new Error("a request was lost sight of") });
}

/** Whether all that is needed is among what was read. */
function has(read: PublishNames, needed: PublishNames): boolean {
  const kinds = ["keys", "accountIds", "mediaIds"] as const;
  return kinds.every((kind) => needed[kind].every((name) => read[kind].includes(name)));
}

/** Posts of one status each, for they are counted together. */
function batchesOf(candidates: readonly Candidate[]): Candidate[][] {
  const ofOneStatus = Map.groupBy(candidates, ({ post }) => post.status);
  return [...ofOneStatus.values()].flatMap((posts) =>
    Array.from({ length: Math.ceil(posts.length / POSTS_PER_BATCH) }, (_, index) =>
      posts.slice(index * POSTS_PER_BATCH, (index + 1) * POSTS_PER_BATCH),
    ),
  );
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
  { context, realNow, requester }: { context: PublishContext; realNow: Millis; requester: Requester },
): Promise<Candidate | Refusal> {
  const { request } = ask;
  const { clockOffset } = context;
  const now = realNow + clockOffset;
  const checked = checkPost(deps.platforms, scope, request, context, now);
  const refusal = refusalOf(checked.violations);
  if (refusal) return refusal;
  const mustBeApproved = request.approval !== null || isHeldBack(context.approvals, requester);
  const accepted = acceptPost(scope, request, checked, { now, clockOffset }, { requester, mustBeApproved });
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

/** Whether a workspace has somebody approve of what this one asks for. */
function isHeldBack(policy: ApprovalPolicy, { needsApproval }: Requester): boolean {
  return policy === "all_posts" || (policy === "keys" && needsApproval);
}

/** Sets those aside that share a key, or what must be new, with one before: one batch cannot tell them apart. */
function divide(candidates: readonly Candidate[]): { first: Candidate[]; later: Candidate[] } {
  const seen = new Set<string>();
  const first: Candidate[] = [];
  const later: Candidate[] = [];
  for (const candidate of candidates) {
    const { claim, guard } = candidate;
    const key = claim ? [claim.key] : [];
    const said = guard?.said.map(markOf) ?? [];
    const isLater = [...key, ...(guard?.mayRepeat ? [] : said)].some((mark) => seen.has(mark));
    (isLater ? later : first).push(candidate);
    for (const mark of [...key, ...said]) seen.add(mark);
  }
  return { first, later };
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
): Promise<SaidBefore[]> {
  const refused = made.filter((_, index) => stored[index]?.is === "refused");
  const said = refused.flatMap(({ guard }) => (guard && !guard.mayRepeat ? guard.said : []));
  return said.length === 0 ? [] : findSaid(db, scope, said, now);
}

async function conclude(
  deps: CreateDeps,
  access: Access,
  candidate: Candidate,
  outcome: Stored,
  said: readonly SaidBefore[],
): Promise<CreatePostOutcome> {
  const { accepted, claim, guard } = candidate;
  if (outcome.is === "stored") return { is: "created", ref: accepted.post.ref, accepted, claimed: claim };
  if (outcome.is !== "refused") return outcome;
  const marks = guard && !guard.mayRepeat ? guard.said.map(markOf) : [];
  const first = said.find((each) => marks.includes(markOf(each)));
  return { is: "refused", refusal: first ? duplicateContent(first) : await goneMeanwhile(deps, access, candidate) };
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

/** Why a post was not stored that was found good a moment ago. */
async function goneMeanwhile(deps: CreateDeps, access: Access, { ask, guard }: Candidate): Promise<Refusal> {
  const [checked] = await validatePosts(deps, access, [ask.request]);
  const refusal = refusalOf(checked?.violations ?? []);
  if (refusal) return refusal;
  if (!guard) return invalid("media", "media was deleted while this was being accepted.");
  return new Refusal(
    "duplicate_content",
    "The same was said in this moment, and is canceled. Send it again.",
    "content",
  );
}
