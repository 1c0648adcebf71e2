import { findActorNames } from "../db/actors.ts";
import type { Database } from "../db/database.ts";
import { ID_PREFIXES } from "../lib/ids.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { REVIEW_LINK } from "./decide-post.ts";

/** Whoever does something to a post: an API key, a person, whoever has the link by which it is reviewed, or nobody. */
export const ACTOR_TYPES = ["api_key", "person", "review_link", "system"] as const;

/** Who did something, as answers name them. */
export interface PrintedActor {
  type: (typeof ACTOR_TYPES)[number];
  id?: string;
  /** Absent where whoever it was is gone. */
  name?: string;
}

/** The names of those who did something, by the ids that a timeline has of them. */
export function findNames(
  db: Database,
  scope: Scope,
  ids: readonly (string | null | undefined)[],
): Promise<ReadonlyMap<string, string>> {
  const known = ids.filter((id) => typeof id === "string" && id !== REVIEW_LINK) as string[];
  return findActorNames(db, scope, known);
}

/** @param id as a timeline has it; none: it happened by itself */
export function printActor(id: string | null | undefined, names: ReadonlyMap<string, string>): PrintedActor {
  if (id === null || id === undefined) return { type: "system" };
  if (id === REVIEW_LINK) return { type: "review_link" };
  const name = names.get(id);
  const type = id.startsWith(`${ID_PREFIXES.person}_`) ? "person" : "api_key";
  return { type, id, ...(name !== undefined && { name }) };
}
