import type { SandboxPost, SandboxStore } from "./store.ts";
import { SandboxRecords } from "./store.ts";

/*
 * What is public in a whole sandbox, for whoever looks at it from outside.
 */

/** A page of public posts, newest first. */
export interface FeedPage {
  /** Null: of all accounts. */
  accountExternalId: string | null;
  /** The id of the last post of the page before, or null for the first page. */
  after: string | null;
  limit: number;
}

/** Empty after a post that is not public any more. */
export function allPosts(store: SandboxStore, { accountExternalId, after, limit }: FeedPage): SandboxPost[] {
  const prefix = accountExternalId === null ? "post/" : `post/${accountExternalId}/`;
  const posts = [...store.list<SandboxPost>({ prefix })].map(([, post]) => post).sort(newestFirst);
  if (after === null) return posts.slice(0, limit);
  const last = new SandboxRecords(store).post(after);
  return last ? posts.filter((post) => newestFirst(last, post) < 0).slice(0, limit) : [];
}

export function clearPosts(store: SandboxStore): void {
  for (const prefix of ["post/", "post-key/"]) {
    for (const [key] of [...store.list({ prefix })]) store.delete(key);
  }
}

function newestFirst(a: SandboxPost, b: SandboxPost): number {
  return b.createdAt - a.createdAt || b.id.localeCompare(a.id);
}
