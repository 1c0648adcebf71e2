import type { NetworkContext, SandboxCall } from "../call.ts";
import { callComments, commentNode } from "../comments.ts";
import { graphTime, invalidParameter, missingEdge, missingNode } from "../graph/answers.ts";
import type { GraphNode } from "../graph/fields.ts";
import { parseFields, pickFields } from "../graph/fields.ts";
import type { SandboxComment, SandboxPhoto, SandboxPost, SandboxVideo } from "../store.ts";
import { updatePost } from "./feed.ts";
import { postNode } from "./post-node.ts";
import { videoNode } from "./video-node.ts";

/** What a Page has made, by the id of the call. */
type Made =
  | { is: "post"; post: SandboxPost }
  | { is: "video"; video: SandboxVideo; post: SandboxPost | undefined }
  | { is: "photo"; photo: SandboxPhoto }
  | { is: "comment"; comment: SandboxComment; post: SandboxPost };

/** Calls at what a Page has made. */
export function callNode(context: NetworkContext, call: SandboxCall): object {
  const made = findMade(context, call);
  if (call.edge === "comments" && "post" in made && made.post) return callComments(context, call, made.post);
  if (call.edge !== null) throw missingEdge(call.edge);
  if (call.method === "DELETE") return deleteMade(context, made);
  if (call.method === "GET") return readMade(context, call, made);
  if (made.is === "post") return updatePost(context, call, made.post);
  throw invalidParameter("Unsupported post request.");
}

function findMade(context: NetworkContext, { nodeId, user, method }: SandboxCall): Made {
  const { records } = context;
  const now = context.clock();
  // What is still being processed is no post yet.
  const post = records.draft(nodeId) ?? shownBy(now, records.post(nodeId));
  if (post?.userId === user.id) return { is: "post", post };
  const video = records.video(nodeId);
  if (video?.userId === user.id) return { is: "video", video, post: shownBy(now, records.post(video.postId ?? "")) };
  const photo = records.photo(nodeId);
  if (photo?.userId === user.id) return { is: "photo", photo };
  const found = records.comment(nodeId);
  if (found?.post.userId === user.id) return { is: "comment", ...found };
  throw missingNode(nodeId, method);
}

function shownBy(now: number, post: SandboxPost | undefined): SandboxPost | undefined {
  return post && post.createdAt <= now ? post : undefined;
}

function readMade(context: NetworkContext, call: SandboxCall, made: Made): object {
  const fields = parseFields(call.params.get("fields"));
  const youngest = context.clock() - context.switches.nodeLag;
  switch (made.is) {
    case "post":
      if (made.post.createdAt > youngest) throw missingNode(call.nodeId);
      return pickFields(postNode(context, made.post), fields, ["created_time", "message"]);
    case "video":
      if (made.video.createdAt > youngest) throw missingNode(call.nodeId);
      return pickFields(videoNode(context, made.video), fields, ["description", "updated_time"]);
    case "photo":
      if (made.photo.createdAt > youngest) throw missingNode(call.nodeId);
      return pickFields(photoNode(made.photo), fields, ["created_time", "name"]);
    case "comment":
      return pickFields(commentNode(context, call, made.comment, made.post), fields, ["created_time", "message"]);
  }
}

function photoNode(photo: SandboxPhoto): GraphNode {
  return {
    id: photo.id,
    name: photo.caption === "" ? undefined : photo.caption,
    alt_text_custom: photo.altText ?? undefined,
    page_story_id: photo.postId ?? undefined,
    created_time: graphTime(photo.createdAt),
    from: { id: photo.userId },
    link: undefined,
    picture: photo.url ?? undefined,
    images: undefined,
    album: undefined,
  };
}

function deleteMade({ records }: NetworkContext, made: Made): object {
  switch (made.is) {
    case "post":
      records.deleteDraft(made.post.id);
      records.deletePost(made.post);
      break;
    case "video":
      records.deleteVideo(made.video.id);
      if (made.post) records.deletePost(made.post);
      break;
    case "photo":
      if (made.photo.postId !== null) removeFromPost(records.post(made.photo.postId), made.photo.id, records);
      records.deletePhoto(made.photo.id);
      break;
    case "comment":
      records.deleteComment(made.comment.id);
  }
  return { success: true };
}

/** A post that showed nothing else goes with its photo. */
function removeFromPost(post: SandboxPost | undefined, photoId: string, records: NetworkContext["records"]): void {
  if (!post) return;
  const media = post.media.filter(({ id }) => id !== photoId);
  if (media.length === 0) records.deletePost(post);
  else records.savePost({ ...post, media });
}
