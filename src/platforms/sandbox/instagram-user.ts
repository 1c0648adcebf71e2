import type { Millis } from "../../lib/clock.ts";
import { DAY, SECOND } from "../../lib/clock.ts";
import { processingTime } from "./behavior.ts";
import { GraphFailure, parseFields, pickFields } from "./graph-answers.ts";
import { fetchInstagramImage } from "./media-fetch.ts";
import type { NetworkContext, SandboxCall } from "./network.ts";
import { postNode } from "./post-node.ts";
import type { SandboxContainer } from "./store.ts";

/*
 * The edges of an Instagram professional account.
 */

const CONTAINER_LIFE: Millis = DAY;
const QUOTA = { quota_total: 50, quota_duration: DAY / SECOND };

export async function callInstagramUser(context: NetworkContext, call: SandboxCall, edge: string): Promise<object> {
  const { method } = call;
  if (edge === "media" && method === "POST") return createContainer(context, call);
  if (edge === "media" && method === "GET") return listMedia(context, call);
  if (edge === "media_publish" && method === "POST") return publish(context, call);
  if (edge === "content_publishing_limit" && method === "GET") return publishingLimit(context, call);
  throw new GraphFailure(100, null, `(#100) Tried accessing nonexisting field (${edge})`);
}

/** A container as a node. It never names the media it became. */
export function containerNode(container: SandboxContainer, now: Millis): Record<string, unknown> & { id: string } {
  const status = statusOf(container, now);
  const text = status === "ERROR" ? `Error: Media upload has failed with error code ${container.failure}` : status;
  return { id: container.id, status_code: status, status: text };
}

function statusOf(container: SandboxContainer, now: Millis) {
  if (container.publishedAt !== null) return "PUBLISHED";
  if (now >= container.createdAt + CONTAINER_LIFE) return "EXPIRED";
  if (now < container.readyAt) return "IN_PROGRESS";
  return container.failure === null ? "FINISHED" : "ERROR";
}

async function createContainer(context: NetworkContext, call: SandboxCall): Promise<object> {
  const { user, params } = call;
  const imageUrl = params.get("image_url");
  if (params.has("media_type") && params.get("media_type") !== "IMAGE") {
    throw new GraphFailure(100, 2207023, "The media type is unknown.");
  }
  if (imageUrl === null) throw new GraphFailure(100, null, "The parameter image_url is required");
  const caption = params.get("caption") ?? "";
  checkCaption(caption);
  await fetchInstagramImage(context, imageUrl);
  const now = context.clock();
  const id = context.newId(17);
  const readyAt = now + processingTime(user.behavior);
  context.records.saveContainer({
    id,
    userId: user.id,
    caption,
    imageUrl,
    createdAt: now,
    readyAt,
    failure: null,
    publishedAt: null,
  });
  return { id };
}

function checkCaption(caption: string): void {
  if ([...caption].length > 2_200) throw new GraphFailure(36004, 2207010, "The submitted caption is too long.");
  const mentions = caption.match(/@[\p{L}\p{N}_.]+/gu)?.length ?? 0;
  if (mentions > 20) throw new GraphFailure(100, 2207040, "Cannot use more than 20 tags");
  const hashtags = caption.match(/#[\p{L}\p{N}_]+/gu)?.length ?? 0;
  if (hashtags > 30) throw new GraphFailure(36004, 2207010, "The submitted caption has too many hashtags.");
}

function publish(context: NetworkContext, call: SandboxCall): object {
  const { user, params } = call;
  const now = context.clock();
  const container = context.records.container(params.get("creation_id") ?? "");
  if (container?.userId !== user.id || statusOf(container, now) === "EXPIRED") {
    throw new GraphFailure(24, 2207008, "The media builder with creation id is missing or expired.");
  }
  // What Meta answers to a second publish is not documented: a refusal that proves nothing is the worst it could be.
  if (statusOf(container, now) !== "FINISHED") throw new GraphFailure(9007, 2207027, "Media ID is not available");
  if (publishedToday(context, call) >= QUOTA.quota_total) {
    throw new GraphFailure(9, 2207042, "Application request limit reached");
  }
  const id = context.newId(17);
  context.records.savePost({
    id,
    userId: user.id,
    platform: "instagram",
    username: user.username,
    text: container.caption,
    link: null,
    photos: [{ id, imageUrl: container.imageUrl }],
    permalink: context.permalink(id),
    createdAt: now,
  });
  context.records.saveContainer({ ...container, publishedAt: now });
  return { id };
}

function listMedia(context: NetworkContext, call: SandboxCall): object {
  const fields = parseFields(call.params.get("fields") ?? undefined);
  const since = Number(call.params.get("since") ?? "0") * SECOND;
  const limit = Number(call.params.get("limit") ?? "25");
  const data = [...context.records.posts(call.user.id)]
    .filter((post) => post.createdAt >= since)
    .slice(0, limit)
    .map((post) => pickFields(postNode(post), fields));
  return { data, paging: { cursors: { before: "before", after: "after" } } };
}

function publishingLimit(context: NetworkContext, call: SandboxCall): object {
  const fields = parseFields(call.params.get("fields") ?? "quota_usage");
  const row = { quota_usage: publishedToday(context, call), config: QUOTA };
  return { data: [Object.fromEntries(Object.entries(row).filter(([field]) => fields.includes(field)))] };
}

function publishedToday(context: NetworkContext, call: SandboxCall): number {
  const since = context.clock() - DAY;
  return [...context.records.posts(call.user.id)].filter((post) => post.createdAt > since).length;
}
