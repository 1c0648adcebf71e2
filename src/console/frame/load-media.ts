import type { Database } from "../../db/database.ts";
import type { MediaRow } from "../../db/media.ts";
import { findMedia } from "../../db/media.ts";
import type { PostRow } from "../../db/posts.ts";
import type { Scope } from "../../lib/vocabulary.ts";
import type { PlatformOptions } from "../../platforms/registry.ts";
import { mediaInOptions } from "../../platforms/registry.ts";
import type { ShownMedia } from "./media.tsx";
import { altTextOf } from "./post-content.tsx";

/**
 * All media that becomes public with a post, in its order, what options name last.
 *
 * @param addresses where a file is to be had
 * @returns null for each that was deleted
 */
export async function loadMedia(
  db: Database,
  scope: Scope,
  post: PostRow,
  addresses: (row: MediaRow) => Promise<Pick<ShownMedia, "url" | "smallUrl">>,
): Promise<(ShownMedia | null)[]> {
  // As the platforms' own schemas have left them when the post was accepted.
  const named = mediaInOptions(post.options as PlatformOptions).map(({ id }) => id);
  const ids = [...new Set([...post.media, ...named])];
  const rows = await findMedia(db, scope, ids);
  return Promise.all(
    ids.map(async (id, index) => {
      const row = rows.find((each) => each.id === id);
      return row ? { row, ...(await addresses(row)), altText: altTextOf(post, index) } : null;
    }),
  );
}
