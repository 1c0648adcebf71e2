import type { Millis } from "../../../lib/clock.ts";
import { DAY, SECOND } from "../../../lib/clock.ts";
import type { NetworkContext, SandboxCall } from "../call.ts";
import { invalidParameter } from "../graph/answers.ts";
import { parseFields, pickFields } from "../graph/fields.ts";
import type { PostKind, SandboxContainer, SandboxMedia, SandboxUser } from "../store.ts";
import { statusOf } from "./container.ts";
import { instagramFailure } from "./faults.ts";

const QUOTA_DURATION: Millis = DAY;

/** `POST /{ig-user}/media_publish`. */
export function publishContainer(context: NetworkContext, call: SandboxCall): object {
  const { user, params } = call;
  const container = context.records.container(params.get("creation_id") ?? "");
  const now = context.clock();
  if (container?.userId !== user.id) throw instagramFailure("container_missing");
  if (container.isChild) throw invalidParameter("A carousel item cannot be published by itself");
  const status = statusOf(container, now);
  if (status === "EXPIRED") throw instagramFailure("container_missing");
  if (status === "PUBLISHED" && context.switches.doublePublish === "same id") return { id: container.mediaId };
  // What Meta answers to a second publish is not documented: a refusal that proves nothing is the worst it could be.
  if (status !== "FINISHED") throw instagramFailure("not_ready");
  if (usedQuota(context, user) >= context.switches.quotaTotal) throw instagramFailure("quota");
  const id = context.newId(17);
  const parts = container.children
    .map((child) => context.records.container(child))
    .filter((part) => part !== undefined);
  context.records.savePost({
    id,
    userId: user.id,
    platform: "instagram",
    username: user.username,
    kind: kindOf(container),
    text: container.caption,
    link: null,
    media:
      container.media === null ? parts.flatMap((part) => mediaOf(part, context.newId(17))) : mediaOf(container, id),
    comments: [],
    permalink: context.permalink(id),
    createdAt: now,
  });
  for (const each of [container, ...parts]) context.records.saveContainer({ ...each, publishedAt: now, mediaId: id });
  return { id };
}

function mediaOf({ media }: SandboxContainer, id: string): SandboxMedia[] {
  return media === null ? [] : [{ id, ...media }];
}

/** Of what can be published; a video by itself is a reel. */
function kindOf({ kind }: SandboxContainer): PostKind {
  return kind === "video" ? "reel" : kind;
}

/** `GET /{ig-user}/content_publishing_limit`. */
export function publishingLimit(context: NetworkContext, call: SandboxCall): object {
  const config = { quota_total: context.switches.quotaTotal, quota_duration: QUOTA_DURATION / SECOND };
  const row = { quota_usage: usedQuota(context, call.user), config };
  return { data: [pickFields(row, parseFields(call.params.get("fields")), ["quota_usage"])] };
}

/** Whether stories count is not documented. They do here: the quota then ends sooner. */
function usedQuota(context: NetworkContext, user: SandboxUser): number {
  if (user.behavior === "quota_exhausted") return context.switches.quotaTotal;
  const now = context.clock();
  const span = { from: now - QUOTA_DURATION + 1, to: now + 1 };
  return context.records.countPosts(user.id, "feed", span) + context.records.countPosts(user.id, "story", span);
}
