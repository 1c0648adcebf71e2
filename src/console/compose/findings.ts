import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { JsonObject } from "../../lib/json.ts";
import { Refusal } from "../../lib/refusal.ts";
import { LIVE_PLATFORMS } from "../../lib/vocabulary.ts";
import type { PublishRequest } from "../../post/check-post.ts";
import { validatePosts } from "../../post/validate-posts.ts";
import type { Fields } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { altField, OPTIONS } from "./body.ts";

/*
 * What the dry run finds, and a refusal, at the fields that they are about.
 */

/** Something about a post: it stands in the way (`bad`), or its author should know it. */
export interface Found {
  tone: "bad" | "warn";
  /** As the API names it: `media.0`. */
  field: string;
  message: string;
}

/**
 * All that a dry run says of a request. What its schema refuses is left out of it then, so that the rest is looked at too.
 *
 * @param body the request
 * @param read reads it, and may throw a Refusal
 */
export async function findIn(
  c: Context<AppEnv>,
  member: Member,
  body: JsonObject,
  read: (body: JsonObject) => PublishRequest,
): Promise<Found[]> {
  try {
    return await look(c, member, read(body));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const found = foundIn(error);
    const rest = found.reduce((all, { field }) => without(all, field), body);
    if (!("accounts" in rest)) return found;
    return [...found, ...(await look(c, member, read(rest)))];
  }
}

async function look(c: Context<AppEnv>, member: Member, request: PublishRequest): Promise<Found[]> {
  const [checked] = await validatePosts(c.var.services, member.access, [request]);
  if (!checked) throw new Error("a post was not looked at");
  const found: Found[] = [
    ...checked.violations.map(({ field, message, code }): Found => {
      return { tone: "bad", field: code === "duplicate_content" ? DUPLICATE : field, message };
    }),
    ...checked.warnings.map(({ field, message }): Found => ({ tone: "warn", field, message })),
  ];
  // What accounts of one platform have in common is said once.
  return [...new Map(found.map((each) => [`${each.field} ${each.message}`, each])).values()];
}

/** A request without what a field is in: a list or a time is left out as a whole. */
function without(body: JsonObject, field: string): JsonObject {
  const path = field.split(".");
  const length = { options: 3, approval: 2 }[path[0] ?? ""] ?? 1;
  return withoutPath(body, path.slice(0, length));
}

function withoutPath(object: JsonObject, [name = "", ...rest]: readonly string[]): JsonObject {
  const { [name]: inner, ...others } = object;
  if (rest.length === 0 || typeof inner !== "object" || inner === null || Array.isArray(inner)) return others;
  return { ...others, [name]: withoutPath(inner, rest) };
}

/** The same of what a request was refused for. */
export function foundIn({ code, field = "", message, details }: Refusal): Found[] {
  if (code === "duplicate_content") return [{ tone: "bad", field: DUPLICATE, message }];
  const mistakes = details.mistakes ?? [{ field, message }];
  return mistakes.map((each): Found => ({ tone: "bad", field: each.field, message: each.message }));
}

/** Where it is said that the same was said before; it is no field. */
export const DUPLICATE = "duplicate";

/** The places where something can be found, beside those of single media. */
const PLACES: readonly string[] = [
  "accounts",
  "content",
  "media",
  ...LIVE_PLATFORMS.flatMap((platform) => OPTIONS[platform].map((name) => `${platform}_${name}`)),
  "at",
  "publish_before",
  "approval_expires_at",
  "approval_comment",
  "external_id",
];

/** The places of a form with these fields: media have one each, and one for what is said of them. */
export function placesOf({ media = [] }: Fields): string[] {
  return [...PLACES, ...media, ...media.map(altField)];
}

/** The place that is for a field. */
export function placeOf(field: string, { media = [] }: Fields): string {
  const [first = "", second = "", third, index] = field.split(".");
  const mediaAt = (number: string | undefined) => (number ? media[Number(number)] : undefined);
  if (first === "schedule") return "at";
  if (first === "file" || first === "body") return "media";
  if (first === "media") return mediaAt(second) ?? "media";
  if (first === "approval") return `approval_${second}`;
  if (first !== "options") return first;
  if (third !== "alt_text") return `${second}_${third}`;
  const described = mediaAt(index);
  return described === undefined ? "media" : altField(described);
}

/** What is found at a place. */
export function foundAt(found: readonly Found[], fields: Fields, place: string): Found[] {
  return found.filter(({ field }) => placeOf(field, fields) === place);
}
