import type { NetworkContext, SandboxCall } from "../call.ts";
import { callComments, commentNode } from "../comments.ts";
import { invalidParameter, missingEdge, missingNode } from "../graph/answers.ts";
import type { GraphNode } from "../graph/fields.ts";
import { parseFields, pickFields } from "../graph/fields.ts";
import type { Row } from "../graph/listing.ts";
import { answerListing } from "../graph/listing.ts";
import type { SandboxMedia, SandboxPost } from "../store.ts";
import { containerNode } from "./container.ts";
import { childNode, mediaNode } from "./media-node.ts";

/** Calls at what an Instagram account has made: a container, media, a part of a carousel, a comment. */
export function callNode(context: NetworkContext, call: SandboxCall): object {
  const post = ownPost(context, call);
  if (call.edge === "comments" && post) return callComments(context, call, post);
  if (call.edge === "children" && call.method === "GET" && post?.kind === "carousel") {
    return answerListing(
      call,
      post.media.map((media): Row => [media.id, childNode(post, media)]),
      [],
    );
  }
  if (call.edge !== null) throw post ? missingEdge(call.edge) : missingNode(call.nodeId, call.method);
  if (call.method === "DELETE") return deleteNode(context, call, post);
  if (call.method === "POST") throw invalidParameter("Unsupported post request.");
  return pickFields(findNode(context, call, post), parseFields(call.params.get("fields")));
}

function findNode(context: NetworkContext, call: SandboxCall, post: SandboxPost | null): GraphNode {
  const { records } = context;
  const { nodeId, user } = call;
  const youngest = context.clock() - context.switches.nodeLag;
  if (post && post.createdAt <= youngest) return mediaNode(context, post);
  const container = records.container(nodeId);
  if (container?.userId === user.id && container.createdAt <= youngest) return containerNode(context, container);
  const part = ownPart(context, call);
  if (part) return childNode(part.post, part.media);
  const found = records.comment(nodeId);
  if (found?.post.userId === user.id) return commentNode(context, call, found.comment, found.post);
  throw missingNode(nodeId);
}

function ownPost({ records }: NetworkContext, { nodeId, user }: SandboxCall): SandboxPost | null {
  const post = records.post(nodeId);
  return post?.userId === user.id ? post : null;
}

function ownPart({ records }: NetworkContext, call: SandboxCall): { post: SandboxPost; media: SandboxMedia } | null {
  const post = records.postOfMedia(call.nodeId);
  const media = post?.media.find(({ id }) => id === call.nodeId);
  return post?.userId === call.user.id && post.kind === "carousel" && media ? { post, media } : null;
}

/** Media can be deleted with Facebook Login only, comments with both. */
function deleteNode({ records }: NetworkContext, call: SandboxCall, post: SandboxPost | null): object {
  const found = records.comment(call.nodeId);
  if (found?.post.userId === call.user.id) records.deleteComment(call.nodeId);
  else if (post && call.user.login === "facebook") records.deletePost(post);
  else throw missingNode(call.nodeId, "DELETE");
  return { success: true };
}
