import type { NetworkContext } from "../call.ts";
import { graphTime } from "../graph/answers.ts";
import type { GraphNode } from "../graph/fields.ts";
import type { SandboxMedia, SandboxPost } from "../store.ts";

/** What a Page's post is called by its kind. */
const STATUS_TYPES: Partial<Record<SandboxPost["kind"], string>> = {
  text: "mobile_status_update",
  link: "shared_story",
  photo: "added_photos",
  photos: "added_photos",
  video: "added_video",
  reel: "added_video",
};

/** A Page's post as a node. */
export function postNode(context: NetworkContext, post: SandboxPost): GraphNode {
  const { records, switches } = context;
  const time = graphTime(post.createdAt);
  const isShown = context.clock() >= post.createdAt + switches.permalinkLag;
  return {
    id: post.id,
    message: post.text === "" ? undefined : post.text,
    created_time: time,
    updated_time: time,
    permalink_url: isShown ? post.permalink : undefined,
    is_published: records.draft(post.id) === undefined,
    is_hidden: false,
    status_type: STATUS_TYPES[post.kind],
    application: { id: switches.appId, name: "Sandbox" },
    from: { id: post.userId, name: post.username },
    attachments: attachmentsOf(post),
    full_picture: post.media.find(({ type }) => type === "image")?.url ?? undefined,
    story: undefined,
    comments: undefined,
    place: undefined,
    actions: undefined,
    privacy: undefined,
    properties: undefined,
    shares: undefined,
  };
}

function attachmentsOf(post: SandboxPost): object | undefined {
  const shown = post.media.map((media) => attachmentOf(post, media));
  if (shown.length > 1) {
    const album = { media_type: "album", type: "album", target: { id: post.id }, subattachments: { data: shown } };
    return { data: [album] };
  }
  if (shown.length === 1) return { data: shown };
  if (post.link === null) return undefined;
  return {
    data: [{ media_type: "link", type: "share", url: post.link, unshimmed_url: post.link, title: post.link }],
  };
}

function attachmentOf(post: SandboxPost, { id, url, type }: SandboxMedia): object {
  const target = { id, url: post.permalink };
  if (type === "video") return { media_type: "video", type: "video_inline", target, url: post.permalink };
  return { media_type: "photo", type: "photo", target, url: post.permalink, media: { image: { src: url } } };
}
