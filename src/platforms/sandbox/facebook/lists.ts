import { DAY } from "../../../lib/clock.ts";
import type { NetworkContext, SandboxCall } from "../call.ts";
import { invalidParameter, unixTime } from "../graph/answers.ts";
import type { GraphNode } from "../graph/fields.ts";
import type { Row } from "../graph/listing.ts";
import { answerListing, readCursor, spanOf } from "../graph/listing.ts";
import { readList } from "../graph/request.ts";
import type { Surface } from "../records.ts";
import type { SandboxPost } from "../store.ts";
import { postNode } from "./post-node.ts";
import { videoNode } from "./video-node.ts";

const STORY_LIFE = DAY;

/** `GET /{page}/feed`, `/posts`, `/published_posts`: what followers see, without stories and reels. */
export function listPosts(context: NetworkContext, call: SandboxCall): object {
  const rows = rowsOf(context, call, "feed", (post) => postNode(context, post));
  return answerListing(call, rows, ["created_time", "message"]);
}

/** `GET /{page}/videos`: the videos that were published. */
export function listVideos(context: NetworkContext, call: SandboxCall): object {
  const rows = rowsOf(context, call, "feed", (post) => videoOf(context, post));
  return answerListing(call, rows, ["description", "updated_time"]);
}

/** `GET /{page}/video_reels` */
export function listReels(context: NetworkContext, call: SandboxCall): object {
  const rows = rowsOf(context, call, "reel", (post) => videoOf(context, post));
  return answerListing(call, rows, ["description", "updated_time"]);
}

/** `GET /{page}/stories`: those that are still shown, and those that were. */
export function listStories(context: NetworkContext, call: SandboxCall): object {
  const asked = readList((call.params.get("status") ?? "PUBLISHED,ARCHIVED").toUpperCase());
  if (asked.some((status) => !["PUBLISHED", "ARCHIVED"].includes(status))) {
    throw invalidParameter("Param status must be one of {PUBLISHED, ARCHIVED}");
  }
  const rows = rowsOf(context, call, "story", (post) => {
    const row = storyRow(context, post);
    return asked.includes(row.status) ? row : null;
  });
  return answerListing(call, rows, ["post_id", "status", "creation_time", "media_type", "media_id", "url"]);
}

function* rowsOf(
  context: NetworkContext,
  call: SandboxCall,
  surface: Surface,
  nodeOf: (post: SandboxPost) => GraphNode | null,
): Iterable<Row> {
  const span = spanOf(call.params, context.clock() - context.switches.listingLag);
  for (const [place, post] of context.records.posts(call.user.id, surface, span, readCursor(call.params))) {
    const node = nodeOf(post);
    if (node) yield [place, node];
  }
}

function videoOf(context: NetworkContext, post: SandboxPost): GraphNode | null {
  const shown = post.media[0];
  const video = shown?.type === "video" ? context.records.video(shown.id) : undefined;
  return video ? videoNode(context, video) : null;
}

function storyRow({ clock }: NetworkContext, post: SandboxPost) {
  const shown = post.media[0];
  return {
    post_id: post.id,
    status: clock() < post.createdAt + STORY_LIFE ? "PUBLISHED" : "ARCHIVED",
    creation_time: unixTime(post.createdAt),
    media_type: shown?.type === "video" ? "video" : "photo",
    media_id: shown?.id,
    url: post.permalink,
  };
}
