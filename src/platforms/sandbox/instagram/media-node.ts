import type { NetworkContext } from "../call.ts";
import { graphTime } from "../graph/answers.ts";
import type { GraphNode } from "../graph/fields.ts";
import type { SandboxMedia, SandboxPost } from "../store.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** What was published on Instagram, as a node. */
export function mediaNode(context: NetworkContext, post: SandboxPost): GraphNode {
  const { switches } = context;
  const isShown = context.clock() >= post.createdAt + switches.permalinkLag;
  const only = post.kind === "carousel" ? undefined : post.media[0];
  return {
    ...shared(post),
    id: post.id,
    caption: post.text === "" || switches.hideCaptions ? undefined : post.text,
    media_type: post.kind === "carousel" ? "CAROUSEL_ALBUM" : typeOf(only),
    media_product_type: { reel: "REELS", story: "STORY" }[post.kind as string] ?? "FEED",
    media_url: only?.url ?? undefined,
    alt_text: only?.altText ?? undefined,
    permalink: isShown ? post.permalink : undefined,
    shortcode: isShown ? shortcodeOf(post.id) : undefined,
    children: post.kind === "carousel" ? { data: post.media.map(({ id }) => ({ id })) } : undefined,
    comments_count: post.comments.length,
  };
}

/** One picture or video of a carousel. It has no permalink of its own. */
export function childNode(post: SandboxPost, media: SandboxMedia): GraphNode {
  return {
    ...shared(post),
    id: media.id,
    media_type: typeOf(media),
    media_url: media.url ?? undefined,
    alt_text: media.altText ?? undefined,
  };
}

/** Every field of the type, with the values that all media of a post share. */
function shared(post: SandboxPost): GraphNode {
  return {
    caption: undefined,
    media_product_type: undefined,
    permalink: undefined,
    shortcode: undefined,
    thumbnail_url: undefined,
    children: undefined,
    comments: undefined,
    comments_count: undefined,
    like_count: 0,
    is_comment_enabled: true,
    is_shared_to_feed: undefined,
    owner: { id: post.userId },
    username: post.username,
    timestamp: graphTime(post.createdAt),
  };
}

function typeOf(media: SandboxMedia | undefined): string {
  return media?.type === "video" ? "VIDEO" : "IMAGE";
}

/** The id to the base of 64, as Instagram's permalinks hold it. */
function shortcodeOf(id: string): string {
  let code = "";
  for (let rest = BigInt(id); rest > 0n; rest /= 64n) code = ALPHABET[Number(rest % 64n)] + code;
  return code;
}
