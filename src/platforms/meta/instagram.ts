import type { Platform } from "../platform.ts";
import { commentPublication } from "./comment.ts";
import type { MetaSettings } from "./graph.ts";
import { graphOf } from "./graph.ts";
import { checkInstagramDraft } from "./instagram/limits.ts";
import { instagramPost } from "./instagram/post.ts";
import { profileOf } from "./nodes.ts";

/** Instagram professional accounts, by Facebook Login and by Instagram Login alike. */
export function createInstagram(settings: MetaSettings): Platform {
  const graph = graphOf(settings);
  return {
    id: "instagram",
    check: checkInstagramDraft,
    post: instagramPost(graph),
    comment: commentPublication(graph, "id,text,from"),
    profile: (io) => profileOf(settings, io, "username"),
  };
}
