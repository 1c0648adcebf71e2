import { encodeTime, ulid } from "ulid";
import type { Millis } from "./clock.ts";

/** Every kind of thing that has an id, by the prefix the id carries. */
export const ID_PREFIXES = {
  workspace: "ws",
  apiKey: "key",
  account: "acc",
  grant: "grant",
  connectLink: "link",
  consent: "consent",
  media: "media",
  upload: "upload",
  post: "post",
  event: "evt",
  request: "req",
  claim: "claim",
  auditLine: "aud",
  content: "content",
  pause: "pause",
  webhook: "wh",
  person: "person",
  group: "group",
} as const;

/** Of a ULID, behind the time. */
const RANDOM_CHARACTERS = 16;

/**
 * Makes an id: its kind's prefix and a ULID, so that ids of one kind sort by the time they were made at.
 *
 * @param kind what the id is for
 * @param now the time it will sort by
 */
export function newId(kind: keyof typeof ID_PREFIXES, now: Millis): string {
  // Drawn at once: the library would draw them one at a time, each at the price of all.
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_CHARACTERS)).values();
  return `${ID_PREFIXES[kind]}_${ulid(now, () => (bytes.next().value ?? 0) / 256)}`;
}

/** The least id that something can have that was made then, or later. */
export function firstIdOf(kind: keyof typeof ID_PREFIXES, at: Millis): string {
  return `${ID_PREFIXES[kind]}_${encodeTime(Math.max(at, 0), 10)}`;
}
