import type { JsonObject } from "../../lib/json.ts";
import { printTime } from "../../lib/time.ts";
import type { PlatformId } from "../../lib/vocabulary.ts";
import { LIVE_PLATFORMS } from "../../lib/vocabulary.ts";
import { parseLocalTime, TimeZone } from "../../lib/zoned-time.ts";
import type { Fields } from "../access/form.ts";

/*
 * What is filled in, in the API's words. Its schemas judge it.
 */

/** The options of each platform that have a field. Their fields are `instagram_type` and so on. */
export const OPTIONS: Readonly<Record<PlatformId, readonly string[]>> = {
  instagram: ["type", "content", "first_comment"],
  facebook: ["type", "content", "link", "first_comment"],
};

/** The first value of a field; empty where it has none. */
export function textOf(fields: Fields, name: string): string {
  // Forms are sent with the line breaks of the post office.
  return (fields[name]?.[0] ?? "").replaceAll("\r\n", "\n");
}

/** The name of the field that describes a picture. */
export function altField(mediaId: string): string {
  return `alt.${mediaId}`;
}

/** Whom a form is filled in for. */
export interface Setting {
  /** The workspace's time zone. */
  zone: string;
  /** Those of the accounts that were chosen. */
  platforms: ReadonlySet<PlatformId>;
}

/** What a post says and when, as a publish request and an edit have it. */
export function contentsOf(fields: Fields, { zone, platforms }: Setting) {
  const options = LIVE_PLATFORMS.map((platform) => [platform, optionsOf(fields, platform, platforms)] as const);
  return {
    content: textOf(fields, "content"),
    media: [...(fields.media ?? [])],
    schedule: textOf(fields, "when") === "at" ? localTime(textOf(fields, "at"), zone) : "now",
    options: Object.fromEntries(options.filter(([, each]) => Object.keys(each).length > 0)),
  };
}

/** The body of a publish request. */
export function publishBodyOf(fields: Fields, setting: Setting): JsonObject {
  const [before, externalId] = [textOf(fields, "publish_before"), textOf(fields, "external_id").trim()];
  return {
    ...contentsOf(fields, setting),
    accounts: [...(fields.accounts ?? [])],
    ...(before !== "" && { publish_before: localTime(before, setting.zone) }),
    ...(textOf(fields, "approval") !== "" && { approval: approvalOf(fields, setting.zone) }),
    ...(externalId !== "" && { external_id: externalId }),
    ...(textOf(fields, "allow_duplicate") !== "" && { allow_duplicate: true }),
  };
}

/** A time as the API takes it. */
export function localTime(local: string, zone: string): JsonObject {
  return { local, time_zone: zone };
}

function optionsOf(fields: Fields, platform: PlatformId, platforms: ReadonlySet<PlatformId>): JsonObject {
  const given = OPTIONS[platform].map((name) => [name, textOf(fields, `${platform}_${name}`)] as const);
  const alt = (fields.media ?? []).map((id) => textOf(fields, altField(id)).trim() || null);
  const isDescribed = platforms.has(platform) && alt.some((text) => text !== null);
  return {
    ...Object.fromEntries(given.filter(([, text]) => text.trim() !== "")),
    ...(isDescribed && { alt_text: alt }),
  };
}

function approvalOf(fields: Fields, zone: string): JsonObject {
  const [expires, comment] = [textOf(fields, "approval_expires_at"), textOf(fields, "approval_comment").trim()];
  const local = parseLocalTime(expires);
  // What is no time is for the schema to refuse.
  const at = local === null ? expires : printTime(new TimeZone(zone).timeOf(local));
  return { ...(expires !== "" && { expires_at: at }), ...(comment !== "" && { comment }) };
}
