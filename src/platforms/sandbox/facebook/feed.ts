import * as z from "zod";
import type { NetworkContext, SandboxCall } from "../call.ts";
import { GraphFailure, invalidParameter } from "../graph/answers.ts";
import { parseFields, pickFields } from "../graph/fields.ts";
import type { PostKind, SandboxPhoto, SandboxPost } from "../store.ts";
import { takeStaged } from "./photos.ts";
import { postNode } from "./post-node.ts";
import { newPost, photoMedia } from "./show.ts";

const MAX_TEXT = 63_206;

/** `POST /{page}/feed`: a text, a link, or photos that were staged. With `published=false` nobody sees it yet. */
export function publishToFeed(context: NetworkContext, call: SandboxCall): object {
  const { params, user } = call;
  const text = params.get("message") ?? "";
  const link = params.get("link");
  if ([...text].length > MAX_TEXT) throw invalidParameter("Param message is too long");
  if (params.has("scheduled_publish_time")) throw invalidParameter("The sandbox does not schedule");
  if (link !== null) checkLink(link);
  const photos = attachedPhotoIds(params).map((id) => takeStaged(context, user, id));
  if (link !== null && photos.length > 0) throw invalidParameter("A post takes a link or photos");
  if (text === "" && link === null && photos.length === 0) {
    throw new GraphFailure(197, null, "(#197) The post is empty. Please enter a message to share.");
  }
  if (context.switches.refuseDuplicates && photos.length === 0) refuseDuplicate(context, call, text, link);
  const media = photos.map(photoMedia);
  const post = newPost(context, user, { kind: kindOf(link, photos), text, link, media, createdAt: context.clock() });
  if (params.get("published") === "false") context.records.saveDraft(post);
  else context.records.savePost(post);
  for (const photo of photos) context.records.savePhoto({ ...photo, postId: post.id });
  // A write answers fields of what it made when it is asked for them.
  return pickFields(postNode(context, post), parseFields(params.get("fields")));
}

/** `POST /{post}`: changes a post, and shows one that was made unpublished. */
export function updatePost(context: NetworkContext, call: SandboxCall, post: SandboxPost): object {
  const { records } = context;
  const changed = { ...post, text: call.params.get("message") ?? post.text };
  const isDraft = records.draft(post.id) !== undefined;
  if (isDraft && call.params.get("is_published") === "true") {
    records.deleteDraft(post.id);
    records.savePost({ ...changed, createdAt: context.clock() });
  } else if (isDraft) records.saveDraft(changed);
  else records.savePost(changed);
  return { success: true };
}

function kindOf(link: string | null, photos: SandboxPhoto[]): PostKind {
  if (photos.length > 0) return photos.length === 1 ? "photo" : "photos";
  return link === null ? "text" : "link";
}

function checkLink(link: string): void {
  if (!URL.canParse(link)) throw new GraphFailure(1500, null, "The url you supplied is invalid");
  if (/(^|\.)facebook\.com$/.test(new URL(link).hostname)) {
    throw new GraphFailure(200, 1609008, "(#200) A link to facebook.com cannot be posted.");
  }
}

/** Only against the last post. */
function refuseDuplicate(context: NetworkContext, call: SandboxCall, text: string, link: string | null): void {
  const [last] = context.records.posts(call.user.id, "feed", { from: 0, to: context.clock() + 1 });
  if (last?.[1].text === text && last[1].link === link)
    throw new GraphFailure(506, null, "(#506) Duplicate status message");
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
    throw invalidParameter("Param attached_media must be a list of objects with media_fbid");
  }
}
