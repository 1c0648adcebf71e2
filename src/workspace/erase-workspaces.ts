import type { Database } from "../db/database.ts";
import {
  erasePosts,
  eraseRows,
  eraseWorkspaceRow,
  findDeletedWorkspaces,
  findPostsOf,
  giveUpMedia,
} from "../db/erasure.ts";
import type { Millis } from "../lib/clock.ts";
import { HOUR } from "../lib/clock.ts";
import type { PostRef } from "../lib/vocabulary.ts";

/*
 * What becomes of a workspace after it was deleted: everything that it had goes, some at a time, from the objects of its
 * posts to its audit log, and last of all itself.
 */

interface EraseDeps {
  db: Database;
  /** Has a post's object forget everything. */
  forgetPost(ref: PostRef): Promise<void>;
  /** The same of its sandbox. */
  forgetSandbox(workspaceId: string): Promise<void>;
}

const MAX_WORKSPACES = 20;
/** Each costs a call to its object, of the fifty that the free plan has; a sweep in which much is due makes some forty others. */
const POSTS_PER_STEP = 10;
const MEDIA_PER_STEP = 100;
const ROWS_PER_STEP = 200;
/** For so long at least the workspace itself stays: what was under way when it was deleted is found by it. */
const ROW_LIFE: Millis = HOUR;

/**
 * Erases some of what deleted workspaces had. Reads all workspaces to find them.
 *
 * @returns whether there is more to erase now
 */
export async function eraseSome(deps: EraseDeps, now: Millis): Promise<boolean> {
  for (const { id, deletedAt } of await findDeletedWorkspaces(deps.db, MAX_WORKSPACES)) {
    if (await eraseStep(deps, id, now)) return true;
    await deps.forgetSandbox(id);
    if (deletedAt <= now - ROW_LIFE) await eraseWorkspaceRow(deps.db, id);
  }
  return false;
}

/** @returns whether it found something */
async function eraseStep({ db, forgetPost }: EraseDeps, workspaceId: string, now: Millis): Promise<boolean> {
  const posts = await findPostsOf(db, workspaceId, POSTS_PER_STEP);
  if (posts.length > 0) {
    // The objects first: one that the database knows nothing of any more would not be found again.
    await Promise.all(posts.map((ref) => forgetPost(ref)));
    await erasePosts(db, posts);
    return true;
  }
  if (await giveUpMedia(db, workspaceId, MEDIA_PER_STEP, now)) return true;
  return eraseRows(db, workspaceId, ROWS_PER_STEP);
}
