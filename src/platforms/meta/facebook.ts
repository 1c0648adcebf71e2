import type { Draft, Platform, Publication } from "../platform.ts";
import { commentPublication } from "./comment.ts";
import { feedPost } from "./facebook/feed.ts";
import type { FacebookKind } from "./facebook/kind.ts";
import { kindOf } from "./facebook/kind.ts";
import { checkFacebookDraft } from "./facebook/limits.ts";
import { photoStory } from "./facebook/photo-story.ts";
import { reelPost } from "./facebook/reel.ts";
import { videoPost } from "./facebook/video.ts";
import { videoStory } from "./facebook/video-story.ts";
import type { MetaSettings } from "./graph.ts";
import { graphOf } from "./graph.ts";
import { profileOf } from "./nodes.ts";

/** Facebook Pages. */
export function createFacebook(settings: MetaSettings): Platform {
  const graph = graphOf(settings);
  return {
    id: "facebook",
    check: checkFacebookDraft,
    post: byKind({
      feed: feedPost(graph, settings.appId),
      video: videoPost(graph),
      reel: reelPost({ graph, settings, edge: "video_reels" }),
      photo_story: photoStory(graph),
      video_story: videoStory({ graph, settings, edge: "video_stories" }),
    }),
    comment: commentPublication(graph, "id,message,from"),
    profile: (io) => profileOf(settings, io, "name"),
  };
}

/** Each kind is published in its own way; which one it is follows from the draft, and never changes. */
function byKind(kinds: Record<FacebookKind, Publication>): Publication {
  const of = (draft: Draft) => kinds[kindOf(draft)];
  return {
    begin: (draft) => of(draft).begin(draft),
    next: (state, draft, now) => of(draft).next(state, draft, now),
    run: (step, state, io) => of(io.draft).run(step, state, io),
    settle: (state, armed, io) => of(io.draft).settle(state, armed, io),
    permalink: (platformPostId, io) => of(io.draft).permalink(platformPostId, io),
  };
}
