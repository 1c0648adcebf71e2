import { z } from "zod";
import { SECOND } from "../../lib/clock.ts";
import { GraphFailure, parseFields, pickFields } from "./graph-answers.ts";
import { fetchPagePhoto } from "./media-fetch.ts";
import type { NetworkContext, SandboxCall } from "./network.ts";
import { postNode } from "./post-node.ts";
import type { SandboxPhoto, SandboxPost } from "./store.ts";

/*
 * The edges of a Facebook Page.
 */

const LISTS: readonly string[] = ["feed", "posts", "published_posts"];
const MAX_LISTED = 100;

export async function callPage(context: NetworkContext, call: SandboxCall, edge: string): Promise<object> {
  const { method } = call;
  if (edge === "photos" && method === "POST") return addPhoto(context, call);
  if (edge === "feed" && method === "POST") return publishToFeed(context, call);
  if (LISTS.includes(edge) && method === "GET") return listPosts(context, call);
  throw new GraphFailure(100, null, `(#100) Tried accessing nonexisting field (${edge})`);
}

async function addPhoto(context: NetworkContext, call: SandboxCall): Promise<object> {
  const { user, params } = call;
  const imageUrl = params.get("url");
  if (imageUrl === null) throw new GraphFailure(324, null, "(#324) Requires upload file");
  await fetchPagePhoto(context, imageUrl);
  const id = context.newId(17);
  const caption = params.get("caption") ?? params.get("message") ?? "";
  const photo = { id, userId: user.id, imageUrl, caption, createdAt: context.clock(), postId: null };
  context.records.savePhoto(photo);
  if (params.get("published") === "false") return { id };
  const post = show(context, call, { text: caption, link: null, photos: [photo] });
  return { id, post_id: post.id };
}

function publishToFeed(context: NetworkContext, call: SandboxCall): object {
  const { params } = call;
  const text = params.get("message") ?? "";
  const link = params.get("link");
  if ([...text].length > 63_206) throw new GraphFailure(100, null, "(#100) Param message is too long");
  if (link !== null && !URL.canParse(link)) throw new GraphFailure(1500, null, "The url you supplied is invalid");
  const photos = attachedPhotoIds(params).map((id) => {
    const photo = context.records.photo(id);
    if (photo?.userId !== call.user.id) throw new GraphFailure(100, null, `(#100) Invalid media_fbid ${id}`);
    if (photo.postId !== null) throw new GraphFailure(100, 1366051, "These photos were already posted.");
    return photo;
  });
  if (text === "" && link === null && photos.length === 0) {
    throw new GraphFailure(197, null, "(#197) The post is empty. Please enter a message to share.");
  }
  const post = show(context, call, { text, link, photos });
  // A write answers fields of what it made when it is asked for them.
  return pickFields(postNode(post), parseFields(params.get("fields") ?? undefined));
}

function show(
  context: NetworkContext,
  call: SandboxCall,
  content: { text: string; link: string | null; photos: SandboxPhoto[] },
): SandboxPost {
  const { user } = call;
  const id = `${user.id}_${context.newId(15)}`;
  const post: SandboxPost = {
    id,
    userId: user.id,
    platform: "facebook",
    username: user.username,
    text: content.text,
    link: content.link,
    photos: content.photos.map((photo) => ({ id: photo.id, imageUrl: photo.imageUrl })),
    permalink: context.permalink(id),
    createdAt: context.clock(),
  };
  context.records.savePost(post);
  for (const photo of content.photos) context.records.savePhoto({ ...photo, postId: id });
  return post;
}

const ATTACHED = z.object({ media_fbid: z.string() });

/** Photos are attached as a JSON list, or one parameter each: `attached_media[0]={"media_fbid":"…"}`. */
function attachedPhotoIds(params: URLSearchParams): string[] {
  const list = params.get("attached_media");
  const entries =
    list !== null
      ? [list]
      : [...params].flatMap(([name, value]) => (/^attached_media\[\d+\]$/.test(name) ? value : []));
  try {
    const parsed = entries.flatMap((entry): unknown => JSON.parse(entry));
    return parsed.map((entry) => ATTACHED.parse(entry).media_fbid);
  } catch {
    throw new GraphFailure(100, null, "(#100) Param attached_media must be a list of objects with media_fbid");
  }
}

function listPosts(context: NetworkContext, call: SandboxCall): object {
  const { params } = call;
  const fields = parseFields(params.get("fields") ?? "id,message,created_time");
  const since = Number(params.get("since") ?? "0") * SECOND;
  const until = params.has("until") ? Number(params.get("until")) * SECOND : Number.POSITIVE_INFINITY;
  const limit = Math.min(Number(params.get("limit") ?? "25"), MAX_LISTED);
  const after = params.get("after");
  const posts = [...context.records.posts(call.user.id)].filter(
    (post) => post.createdAt >= since && post.createdAt <= until,
  );
  const start = after === null ? 0 : posts.findIndex((post) => post.id === after) + 1;
  const page = posts.slice(start, start + limit);
  const last = page.at(-1);
  const data = page.map((post) => pickFields(postNode(post), fields));
  if (last === undefined || start + limit >= posts.length) return { data };
  const next = new URLSearchParams([...params].filter(([name]) => name !== "access_token"));
  next.set("after", last.id);
  next.set("access_token", call.user.token);
  return {
    data,
    paging: {
      cursors: { before: page[0]?.id, after: last.id },
      next: `https://graph.facebook.com/v26.0/${call.user.id}/published_posts?${next}`,
    },
  };
}
