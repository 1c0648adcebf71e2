import type { PostStatus } from "../lib/vocabulary.ts";
import { POST_STATUSES } from "../lib/vocabulary.ts";
import { MAX_METADATA_VALUE } from "./publish-request.ts";
import * as z from "./zod.ts";

/*
 * Filters of the list of posts that are more than one value. Equal filters have one form, whichever way they were
 * written: a cursor is bound to it.
 */

/** One status or several, with commas between them; in the order of `POST_STATUSES`. */
export const statusList = z
  .string()
  .transform((text, context): PostStatus[] => {
    const asked = text.split(",");
    const known: readonly string[] = POST_STATUSES;
    if (asked.every((each) => known.includes(each))) return POST_STATUSES.filter((status) => asked.includes(status));
    context.addIssue(`{field} must be one of: ${POST_STATUSES.join(", ")}, or several with commas between them.`);
    return z.NEVER;
  })
  .openapi({
    param: { style: "form", explode: false },
    type: "array",
    items: { type: "string", enum: [...POST_STATUSES] },
    description: "One or several, with commas between them.",
  });

const MAX_PAIRS = 5;
const PAIR = new RegExp(`^([A-Za-z0-9_.-]{1,40}):([^]{0,${MAX_METADATA_VALUE}})$`);

/** Names with values, `campaign:summer`, of which a post must have all; by name, each once. */
export const metadataFilter = z
  .union([z.string(), z.array(z.string())])
  .transform((texts, context) => {
    const pairs = new Map<string, { name: string; value: string }>();
    for (const text of [texts].flat()) {
      const [, name, value] = PAIR.exec(text) ?? [];
      if (name === undefined || value === undefined) {
        context.addIssue("{field} must be a name and a value with a colon between them, as in campaign:summer.");
        return z.NEVER;
      }
      pairs.set(text, { name, value });
    }
    if (pairs.size <= MAX_PAIRS) return [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
    context.addIssue(`{field} may be given ${MAX_PAIRS} times at most.`);
    return z.NEVER;
  })
  .openapi({
    param: { style: "form", explode: true },
    type: "array",
    maxItems: MAX_PAIRS,
    items: { type: "string", pattern: `^[A-Za-z0-9_.-]{1,40}:[\\s\\S]{0,${MAX_METADATA_VALUE}}$` },
    description:
      "Posts with this name and value of yours: `campaign:summer`. Given several times, those that have all.",
  });
