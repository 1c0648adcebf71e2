import { DAY } from "../../../lib/clock.ts";
import type { NetworkContext, SandboxCall } from "../call.ts";
import { missingEdge } from "../graph/answers.ts";
import type { GraphNode } from "../graph/fields.ts";
import type { Row } from "../graph/listing.ts";
import { answerListing, readCursor, spanOf } from "../graph/listing.ts";
import type { Surface } from "../records.ts";
import type { SandboxUser } from "../store.ts";
import { createContainer } from "./create-container.ts";
import { mediaNode } from "./media-node.ts";
import { publishContainer, publishingLimit } from "./publish.ts";

const STORY_LIFE = DAY;

/** The edges of an Instagram professional account. */
export function callAccount(context: NetworkContext, call: SandboxCall): object | Promise<object> {
  switch (`${call.method} ${call.edge}`) {
    case "POST media":
      return createContainer(context, call);
    case "GET media":
      return listMedia(context, call, "feed");
    case "GET stories":
      return listMedia(context, call, "story");
    case "POST media_publish":
      return publishContainer(context, call);
    case "GET content_publishing_limit":
      return publishingLimit(context, call);
    default:
      throw missingEdge(call.edge ?? "");
  }
}

/** The account as a node. With Instagram's own login `id` is another number, and the account's is `user_id`. */
export function accountNode(user: SandboxUser): GraphNode {
  const node = { id: user.id, username: user.username, name: user.username, profile_picture_url: undefined };
  if (user.login === "facebook") return { ...node, media_count: undefined, followers_count: undefined };
  const scopedId = [...user.id].reverse().join("");
  return { ...node, id: scopedId, user_id: user.id, account_type: "BUSINESS", followers_count: undefined };
}

function listMedia(context: NetworkContext, call: SandboxCall, surface: Surface): object {
  const now = context.clock();
  const span = spanOf(call.params, now - context.switches.listingLag);
  if (surface === "story") span.from = Math.max(span.from, now - STORY_LIFE + 1);
  const posts = context.records.posts(call.user.id, surface, span, readCursor(call.params));
  return answerListing(call, rowsOf(context, posts), ["id"]);
}

function* rowsOf(context: NetworkContext, posts: ReturnType<NetworkContext["records"]["posts"]>): Iterable<Row> {
  for (const [place, post] of posts) yield [place, mediaNode(context, post)];
}
