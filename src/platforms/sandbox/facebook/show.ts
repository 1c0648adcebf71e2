import type { NetworkContext } from "../call.ts";
import type { SandboxMedia, SandboxPhoto, SandboxPost, SandboxUser } from "../store.ts";

/** What a new post of a Page is made of. */
type Content = Pick<SandboxPost, "kind" | "text" | "link" | "media" | "createdAt">;

/** A Page's post, with the id that posts have: the Page's, and its own. */
export function newPost(context: NetworkContext, user: SandboxUser, content: Content): SandboxPost {
  return postWithId(context, user, content, `${user.id}_${context.newId(15)}`);
}

/** A story, whose id is not made of the Page's. */
export function newStory(context: NetworkContext, user: SandboxUser, content: Omit<Content, "kind" | "link">) {
  return postWithId(context, user, { ...content, kind: "story", link: null }, context.newId(15));
}

function postWithId(context: NetworkContext, user: SandboxUser, content: Content, id: string): SandboxPost {
  return {
    ...content,
    id,
    userId: user.id,
    platform: "facebook",
    username: user.username,
    comments: [],
    permalink: context.permalink(id),
  };
}

export function photoMedia({ id, url, altText }: SandboxPhoto): SandboxMedia {
  return { id, url, type: "image", altText };
}
