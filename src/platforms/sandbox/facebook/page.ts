import type { NetworkContext, SandboxCall } from "../call.ts";
import { missingEdge } from "../graph/answers.ts";
import type { GraphNode } from "../graph/fields.ts";
import type { SandboxUser } from "../store.ts";
import { publishToFeed } from "./feed.ts";
import { listPosts, listReels, listStories, listVideos } from "./lists.ts";
import { publishPhotoStory } from "./photo-stories.ts";
import { addPhoto } from "./photos.ts";
import { callThreePhases } from "./three-phases.ts";
import { callVideos } from "./videos.ts";

/** The edges of a Facebook Page. */
export function callPage(context: NetworkContext, call: SandboxCall): object | Promise<object> {
  switch (`${call.method} ${call.edge}`) {
    case "POST feed":
      return publishToFeed(context, call);
    case "POST photos":
      return addPhoto(context, call);
    case "POST videos":
      return callVideos(context, call);
    case "POST video_reels":
      return callThreePhases(context, call, "reel");
    case "POST video_stories":
      return callThreePhases(context, call, "story");
    case "POST photo_stories":
      return publishPhotoStory(context, call);
    case "GET feed":
    case "GET posts":
    case "GET published_posts":
      return listPosts(context, call);
    case "GET videos":
      return listVideos(context, call);
    case "GET video_reels":
      return listReels(context, call);
    case "GET stories":
      return listStories(context, call);
    default:
      throw missingEdge(call.edge ?? "");
  }
}

/** The Page as a node. */
export function pageNode(user: SandboxUser): GraphNode {
  return {
    id: user.id,
    name: user.username,
    username: undefined,
    link: undefined,
    picture: undefined,
    category: undefined,
    tasks: undefined,
    instagram_business_account: undefined,
  };
}
