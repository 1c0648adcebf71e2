import type { AccountRow } from "../db/accounts.ts";
import type { Said } from "../db/recent-contents.ts";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import { sha256Hex } from "../lib/crypto.ts";
import { canonicalJson } from "../lib/json.ts";
import { Refusal } from "../lib/refusal.ts";
import { optionsFor } from "../platforms/registry.ts";
import { normaliseText } from "../platforms/similarity.ts";
import type { PublishRequest } from "./check-post.ts";

/*
 * The guard against saying the same twice to an account, where a workspace has one.
 */

/** So long after a post was accepted the same may not be said again. Real time in either mode. */
export const SAID_LIFE: Millis = DAY;

/** What a request says to each of its accounts: text in the form in which two are compared, media in order, a link. */
export function saidBy(request: PublishRequest, accounts: readonly AccountRow[]): Promise<Said[]> {
  return Promise.all(
    accounts.map(async ({ id, platform }) => {
      const options = optionsFor(request.options, platform);
      const text = typeof options.content === "string" ? options.content : request.content;
      const said = [normaliseText(text), request.mediaIds, options.link ?? null];
      return { accountId: id, fingerprint: await sha256Hex(canonicalJson(said)) };
    }),
  );
}

/** The same for what is the same. */
export function markOf({ accountId, fingerprint }: Said): string {
  return `${accountId} ${fingerprint}`;
}

/** One text for both who refuses and who warns. */
export function duplicateMessage({ accountId, postId }: { accountId: string; postId: string }): string {
  return `${postId} says the same on ${accountId} and is less than a day old. Publish it again with allow_duplicate.`;
}

export function duplicateContent(first: { accountId: string; postId: string }): Refusal {
  return new Refusal("duplicate_content", duplicateMessage(first), "content");
}
