import { graphTime } from "./graph-answers.ts";
import type { SandboxPost } from "./store.ts";

/** A public post as a node of the Graph API: Instagram's media or a Page's post. */
export function postNode(post: SandboxPost): Record<string, unknown> & { id: string } {
  if (post.platform === "instagram") {
    return {
      id: post.id,
      caption: post.text === "" ? undefined : post.text,
      permalink: post.permalink,
      timestamp: graphTime(post.createdAt),
      media_type: "IMAGE",
      media_product_type: "FEED",
      media_url: post.photos[0]?.imageUrl,
      username: post.username,
    };
  }
  return {
    id: post.id,
    message: post.text === "" ? undefined : post.text,
    created_time: graphTime(post.createdAt),
    permalink_url: post.permalink,
    is_published: true,
    application: { id: "1", name: "Sandbox" },
    attachments: attachmentsOf(post),
  };
}

function attachmentsOf(post: SandboxPost): object | undefined {
  const photos = post.photos.map(({ id, imageUrl }) => ({
    media_type: "photo",
    target: { id, url: post.permalink },
    media: { image: { src: imageUrl } },
  }));
  if (photos.length > 1) {
    const album = { media_type: "album", target: { id: post.id }, subattachments: { data: photos } };
    return { data: [album] };
  }
  if (photos.length === 1) return { data: photos };
  if (post.link !== null) return { data: [{ media_type: "link", unshimmed_url: post.link, title: post.link }] };
  return undefined;
}
