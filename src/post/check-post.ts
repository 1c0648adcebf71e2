import type { AccountRow } from "../db/accounts.ts";
import type { MediaRow } from "../db/media.ts";
import type { PublishContext } from "../db/publish-requests.ts";
import type { Millis } from "../lib/clock.ts";
import { unknownAccountMessage } from "../lib/refusal.ts";
import { roundUpToSecond } from "../lib/time.ts";
import type { PlatformId, Scope } from "../lib/vocabulary.ts";
import type { RenditionHint } from "../media/rendition-hint.ts";
import { renditionHint } from "../media/rendition-hint.ts";
import type { Violation, Warning } from "../platforms/platform.ts";
import type { PlatformOptions, Platforms } from "../platforms/registry.ts";
import { mediaInOptions, optionsFor } from "../platforms/registry.ts";
import { postDraft } from "./draft.ts";
import { PAST_TOLERANCE } from "./timing.ts";

/*
 * What stands in the way of a well-formed request: the one check of publishing and of the dry run.
 */

/** That somebody is to approve of a post before it goes out. */
export interface ApprovalRequest {
  /** What is not decided by then is canceled; null: it waits. */
  expiresAt: Millis | null;
  comment: string | null;
}

/** A well-formed publish request. */
export interface PublishRequest {
  content: string;
  /** Null: the accounts' platforms. */
  platforms: PlatformId[] | null;
  accountIds: string[];
  mediaIds: string[];
  schedule: "now" | Millis;
  /** From then on nothing of it goes out any more. Null: however late. Undefined: as its workspace has it. */
  publishBefore: Millis | null | undefined;
  options: PlatformOptions;
  /** That somebody is to approve of it first; null: only where the workspace says so. */
  approval: ApprovalRequest | null;
  /** What its client calls it. */
  externalId: string | null;
  /** Its client's own names and values. */
  metadata: { [name: string]: string } | null;
  /** Whether it may say what was said to the same account within a day, where the workspace guards against that. */
  allowDuplicate: boolean;
}

/** Of one account, or, where it is null, of the request as a whole. */
type OfAccount<F> = F & { accountId: string | null };

/** What a request is refused for. `rendition` where the platform does not take media as it is. */
export type PostViolation = OfAccount<
  Omit<Violation, "code"> & {
    code: Violation["code"] | "unknown" | "past" | "too_far" | "duplicate_content";
    rendition?: RenditionHint;
  }
>;

export interface CheckedPost {
  /** Everything for which the request is refused. None: the rest may be relied on. */
  violations: PostViolation[];
  warnings: OfAccount<
    Omit<Warning, "code"> & { code: Warning["code"] | "unused" | "account_needs_reconnect" | "account_paused" }
  >[];
  accounts: AccountRow[];
  scheduledAt: Millis;
  publishBefore: Millis | null;
}

const HORIZON_YEARS = 1;

/** All media that a request names. */
export function mediaOf(request: PublishRequest): string[] {
  return [...new Set([...request.mediaIds, ...mediaInOptions(request.options).map(({ id }) => id)])];
}

/**
 * Checks a request against the time, the workspace's accounts and media, and every platform's limits.
 *
 * @param context what the database has of what the request names
 */
export function checkPost(
  platforms: Platforms,
  scope: Scope,
  request: PublishRequest,
  context: Pick<PublishContext, "accounts" | "media" | "publishWithin">,
  now: Millis,
): CheckedPost {
  const checked: CheckedPost = { violations: [], warnings: [], accounts: [], scheduledAt: now, publishBefore: null };
  checkSchedule(checked, request.schedule, now);
  checkDeadline(checked, request.publishBefore, context.publishWithin);
  checkExpiry(checked, request.approval, now);
  checkAccounts(checked, request, scope, context.accounts);
  checkMedia(checked, request, context.media);
  // A draft without its media would be found to lack it.
  const isMediaThere = mediaOf(request).every((id) => context.media.some((each) => each.id === id));
  if (isMediaThere) checkDrafts(checked, platforms, request, context.media);
  return checked;
}

function checkSchedule(checked: CheckedPost, schedule: "now" | Millis, now: Millis): void {
  const refuse = (code: "past" | "too_far", message: string) =>
    checked.violations.push({ accountId: null, field: "schedule", code, message });
  if (schedule === "now") return;
  if (schedule < now - PAST_TOLERANCE) refuse("past", "schedule lies in the past.");
  if (schedule > horizon(now)) refuse("too_far", "schedule lies more than a year ahead.");
  // Up to the next second, so that the printed time is never earlier than the post.
  checked.scheduledAt = Math.max(roundUpToSecond(schedule), now);
}

function checkDeadline(checked: CheckedPost, publishBefore: Millis | null | undefined, within: Millis | null): void {
  if (publishBefore === undefined) {
    checked.publishBefore = within === null ? null : checked.scheduledAt + within;
    return;
  }
  checked.publishBefore = publishBefore;
  if (publishBefore === null || publishBefore > checked.scheduledAt) return;
  const message = "publish_before must be later than the time the post is scheduled for.";
  checked.violations.push({ accountId: null, field: "publish_before", code: "out_of_range", message });
}

function checkExpiry(checked: CheckedPost, approval: ApprovalRequest | null, now: Millis): void {
  const expiresAt = approval?.expiresAt ?? null;
  if (expiresAt === null) return;
  const refuse = (code: "past" | "too_far", message: string) =>
    checked.violations.push({ accountId: null, field: "approval.expires_at", code, message });
  if (expiresAt <= now) refuse("past", "approval.expires_at lies in the past.");
  if (expiresAt > horizon(now)) refuse("too_far", "approval.expires_at lies more than a year ahead.");
}

/** The same day of the next year. */
export function horizon(now: Millis): Millis {
  const date = new Date(now);
  return date.setUTCFullYear(date.getUTCFullYear() + HORIZON_YEARS);
}

function checkAccounts(checked: CheckedPost, request: PublishRequest, scope: Scope, found: AccountRow[]): void {
  const { platforms } = request;
  request.accountIds.forEach((id, index) => {
    const field = `accounts.${index}`;
    const account = found.find((each) => each.id === id);
    if (!account) {
      checked.violations.push({
        accountId: id,
        field,
        code: "unknown",
        message: unknownAccountMessage(field, scope.mode),
      });
      return;
    }
    checked.accounts.push(account);
    if (platforms && !platforms.includes(account.platform)) {
      const message = `${field} is an account on ${account.platform}, which platforms does not list.`;
      checked.violations.push({ accountId: id, field, code: "not_allowed", message });
    }
    if (account.health === "needs_reconnect") {
      const message = `${id} must be connected again before anything is published on it.`;
      checked.warnings.push({ accountId: id, field, code: "account_needs_reconnect", message });
    }
    if (account.pausedAt !== null) {
      const message = `${id} is paused: nothing is published on it before it is resumed.`;
      checked.warnings.push({ accountId: id, field, code: "account_paused", message });
    }
  });
  const used = new Set<string>(checked.accounts.map((account) => account.platform));
  for (const platform of Object.keys(request.options)) {
    if (used.has(platform) || found.length < request.accountIds.length) continue;
    const message = `options has a part for ${platform}, and none of the accounts is on it: it is for nobody.`;
    checked.warnings.push({ accountId: null, field: `options.${platform}`, code: "unused", message });
  }
  (platforms ?? []).forEach((platform, index) => {
    if (used.has(platform)) return;
    const message = `platforms lists ${platform}, and none of the accounts is on it: nothing goes there.`;
    checked.warnings.push({ accountId: null, field: `platforms.${index}`, code: "unused", message });
  });
}

function checkMedia(checked: CheckedPost, request: PublishRequest, found: MediaRow[]): void {
  const named = request.mediaIds.map((id, index) => ({ id, field: `media.${index}` }));
  for (const { id, field } of [...named, ...mediaInOptions(request.options)]) {
    if (found.some((each) => each.id === id)) continue;
    const message = `${field} is not media of this workspace.`;
    checked.violations.push({ accountId: null, field, code: "unknown", message });
  }
}

/** Accounts of one platform are offered the same: their limits are checked once and told of each. */
function checkDrafts(checked: CheckedPost, platforms: Platforms, request: PublishRequest, media: MediaRow[]): void {
  for (const platform of new Set(checked.accounts.map((account) => account.platform))) {
    const options = optionsFor(request.options, platform);
    const content = { text: request.content, mediaIds: request.mediaIds, options };
    const { violations, warnings } = platforms[platform].check(postDraft(content, media));
    const hinted = violations.map((violation) => withHint(violation, platform, content.mediaIds, media));
    for (const account of checked.accounts.filter((each) => each.platform === platform)) {
      checked.violations.push(...hinted.map((violation) => ({ ...violation, accountId: account.id })));
      checked.warnings.push(...warnings.map((warning) => ({ ...warning, accountId: account.id })));
    }
  }
}

/** Says of media that a platform refuses for its format or size whether one can be made that it takes. */
function withHint(violation: Violation, platform: PlatformId, ids: string[], media: MediaRow[]): Hinted {
  const [, index] = /^media\.(\d+)$/.exec(violation.field) ?? [];
  const row = index === undefined ? undefined : media.find(({ id }) => id === ids[Number(index)]);
  const isAboutTheFile = violation.code === "unsupported" || violation.code === "too_large";
  const rendition = row && isAboutTheFile ? renditionHint(row, platform) : null;
  return rendition ? { ...violation, rendition } : violation;
}

type Hinted = Violation & { rendition?: RenditionHint };
