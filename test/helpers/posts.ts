import type { NewPost, PostDocument } from "../../src/post/document.ts";
import { newDocument } from "../../src/post/document.ts";

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
