import type { FullPostRow } from "../../src/db/posts.ts";
import type { Millis } from "../../src/lib/clock.ts";
import type { NewPost, PostDocument } from "../../src/post/document.ts";
import { newDocument } from "../../src/post/document.ts";
import { projectionOf } from "../../src/post/projection.ts";

/** The document of a post that was accepted, for one Facebook account unless `post` says otherwise. */
export function acceptedPost(post: Partial<NewPost> & { scheduledAt: number }): PostDocument {
  return newDocument({
    approval: null,
    postId: "post_1",
    version: 1,
    contentId: null,
    clockOffset: 0,
    publishBefore: null,
    tasks: [{ accountId: "acc_1", platform: "facebook", hasComment: false }],
    timeline: [],
    ...post,
  });
}

/** The row of a post whose projection the database has taken. @param now on the document's clock */
export function rowOf(document: PostDocument, now: Millis): FullPostRow {
  const { seq, version, contentId, scheduledAt, publishBefore, timeline, status, state, wakeBy, approval } =
    projectionOf(document, now);
  return {
    ...{
      workspaceId: "ws_1",
      mode: "live",
      id: document.postId,
      createdAt: 0,
      content: "Words",
      media: [],
      options: {},
    },
    ...{ platforms: [], externalId: null, metadata: null, version, contentId, scheduledAt, publishBefore, approval },
    ...{ status, state, timeline, seq, wakeBy: wakeBy ?? null },
  };
}
