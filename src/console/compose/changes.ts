import type { PostRow } from "../../db/posts.ts";
import type { Millis } from "../../lib/clock.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { PlatformId } from "../../lib/vocabulary.ts";
import { LIVE_PLATFORMS } from "../../lib/vocabulary.ts";
import { TimeZone } from "../../lib/zoned-time.ts";
import type { Fields } from "../access/form.ts";
import { altField, contentsOf, localTime, OPTIONS, textOf } from "./body.ts";

/*
 * An existing post in the form, and what of it was changed there. What the form has no field for stays as it is.
 */

type Stored = Pick<PostRow, "content" | "media" | "options" | "scheduledAt" | "publishBefore" | "version" | "state">;

/** A post as the form shows it. */
export function fieldsOfPost(post: Stored, timeZone: string): Fields {
  const zone = new TimeZone(timeZone);
  const shown = (at: Millis) => new Date(zone.localOf(at)).toISOString().slice(0, 16);
  const options = LIVE_PLATFORMS.flatMap((platform) =>
    OPTIONS[platform].map((name) => [`${platform}_${name}`, [textIn(optionsIn(post, platform)[name])]] as const),
  );
  return {
    version: [String(post.version)],
    accounts: post.state.tasks.map(({ accountId }) => accountId),
    content: [post.content],
    media: post.media,
    when: ["at"],
    at: [shown(post.scheduledAt)],
    publish_before: post.publishBefore === null ? [] : [shown(post.publishBefore)],
    ...Object.fromEntries(options),
    ...Object.fromEntries(post.media.map((id, index) => [altField(id), [altTextOf(post, index)]])),
  };
}

/** What an edit has to change for a post to be as it was filled in; empty: nothing. */
export function changesOf(post: Stored, fields: Fields, zone: string): JsonObject {
  const [before, after] = [partsOf(post, fieldsOfPost(post, zone), zone), partsOf(post, fields, zone)];
  const changed = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof typeof before]),
  );
  return Object.fromEntries(changed);
}

/** The publish request that the edited post would be, but for its accounts, to be looked at and not sent. */
export function dryRunOf(post: Stored, fields: Fields, zone: string): JsonObject {
  const { content, media, options } = partsOf(post, fields, zone);
  const { schedule = "now", publish_before } = changesOf(post, fields, zone);
  return {
    ...{ content, media, options, schedule, allow_duplicate: true },
    ...(typeof publish_before === "object" && { publish_before }),
  };
}

/** The platforms that a post goes to. */
function platformsOf({ state }: Pick<PostRow, "state">): Set<PlatformId> {
  return new Set(state.tasks.map(({ platform }) => platform));
}

function partsOf(post: Stored, fields: Fields, zone: string) {
  const before = textOf(fields, "publish_before");
  const contents = contentsOf(fields, { zone, platforms: platformsOf(post) });
  return {
    ...contents,
    publish_before: before === "" ? null : localTime(before, zone),
    options: withTheRest(post, contents.options),
  };
}

/** Options as they were filled in, and those that have no field. */
function withTheRest(post: Stored, filled: Record<string, JsonObject>): JsonObject {
  const merged = LIVE_PLATFORMS.map((platform) => {
    const rest = Object.entries(optionsIn(post, platform)).filter(
      ([name]) => name !== "alt_text" && !OPTIONS[platform].includes(name),
    );
    return [platform, { ...Object.fromEntries(rest), ...filled[platform] }] as const;
  });
  return Object.fromEntries(merged.filter(([, options]) => Object.keys(options).length > 0));
}

function altTextOf(post: Stored, index: number): string {
  for (const platform of LIVE_PLATFORMS) {
    const { alt_text } = optionsIn(post, platform);
    const text = Array.isArray(alt_text) ? alt_text[index] : index === 0 ? alt_text : null;
    if (typeof text === "string") return text;
  }
  return "";
}

function optionsIn({ options }: Stored, platform: PlatformId): JsonObject {
  return (options[platform] ?? {}) as JsonObject;
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}
