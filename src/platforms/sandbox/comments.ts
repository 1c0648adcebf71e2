import type { NetworkContext, SandboxCall } from "./call.ts";
import { graphTime, invalidParameter, missingEdge } from "./graph/answers.ts";
import type { GraphNode } from "./graph/fields.ts";
import type { Row } from "./graph/listing.ts";
import { answerListing, readCursor, spanOf } from "./graph/listing.ts";
import type { SandboxComment, SandboxPost } from "./store.ts";

/** What a comment is to a platform: where its text stands, and how its id is made. */
interface CommentForm {
  newId: string;
  /** Instagram lists the newest first, Facebook the oldest. */
  order: "newest first" | "oldest first";
  node(comment: SandboxComment): GraphNode;
  defaults: string[];
}

/** `POST` and `GET /{post}/comments`. */
export function callComments(context: NetworkContext, call: SandboxCall, post: SandboxPost): object {
  const form = post.platform === "instagram" ? instagramForm(context, call) : facebookForm(context, call, post);
  if (call.method === "POST") return addComment(context, call, post, form.newId);
  if (call.method === "GET") return listComments(context, call, post, form);
  throw missingEdge("comments");
}

function addComment(context: NetworkContext, call: SandboxCall, post: SandboxPost, id: string): object {
  const text = call.params.get("message") ?? "";
  if (text.trim() === "") throw invalidParameter("The parameter message is required");
  if (post.kind === "story") throw invalidParameter("Stories cannot be commented on");
  const comment = { id, username: call.user.username, text, createdAt: context.clock() };
  context.records.savePost({ ...post, comments: [...post.comments, comment] });
  return { id };
}

function listComments(context: NetworkContext, call: SandboxCall, post: SandboxPost, form: CommentForm): object {
  const { from, to } = spanOf(call.params, context.clock() - context.switches.listingLag);
  const comments = form.order === "oldest first" ? post.comments : post.comments.toReversed();
  const after = readCursor(call.params);
  const start = after === null ? 0 : comments.findIndex(({ id }) => id === after) + 1;
  const rows = comments
    .slice(start)
    .filter(({ createdAt }) => createdAt >= from && createdAt < to)
    .map((comment): Row => [comment.id, form.node(comment)]);
  return answerListing(call, rows, form.defaults);
}

/** A comment as a node, by itself. */
export function commentNode(context: NetworkContext, call: SandboxCall, comment: SandboxComment, post: SandboxPost) {
  const form = post.platform === "instagram" ? instagramForm(context, call) : facebookForm(context, call, post);
  return form.node(comment);
}

function instagramForm({ newId }: NetworkContext, { user }: SandboxCall): CommentForm {
  return {
    newId: newId(17),
    order: "newest first",
    node: ({ id, text, username, createdAt }) => ({
      id,
      text,
      username,
      timestamp: graphTime(createdAt),
      from: { id: user.id, username },
      like_count: 0,
      hidden: false,
      parent_id: undefined,
      replies: undefined,
      media: undefined,
      user: undefined,
    }),
    defaults: ["timestamp", "text"],
  };
}

function facebookForm({ newId }: NetworkContext, { user, nodeId }: SandboxCall, post: SandboxPost): CommentForm {
  // Below a video the comment's id begins with the video's.
  const parent = nodeId.split("_").at(-1) ?? post.id;
  return {
    newId: `${parent}_${newId(15)}`,
    order: "oldest first",
    node: ({ id, text, username, createdAt }) => ({
      id,
      message: text,
      created_time: graphTime(createdAt),
      from: { id: user.id, name: username },
      like_count: 0,
      comment_count: 0,
      permalink_url: post.permalink,
      can_remove: true,
      is_hidden: false,
      parent: undefined,
      attachment: undefined,
    }),
    defaults: ["created_time", "from", "message"],
  };
}
