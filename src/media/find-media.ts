import type { Database } from "../db/database.ts";
import type { MediaRow } from "../db/media.ts";
import { findMedia } from "../db/media.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";

/** @throws Refusal when the workspace has no such media in this mode */
export async function requireMedia(db: Database, scope: Scope, id: string): Promise<MediaRow> {
  const [row] = await findMedia(db, scope, [id]);
  if (!row) throw mediaNotFound();
  return row;
}

export function mediaNotFound(): Refusal {
  return new Refusal("not_found", "Media does not exist in this workspace.");
}
