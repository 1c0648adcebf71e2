import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { deleteContent, insertContent } from "../db/post-contents.ts";
import type { PostRow } from "../db/posts.ts";
import { loadPublishContext } from "../db/publish-requests.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { Mistake } from "../lib/refusal.ts";
import { invalid, Refusal, refuseMistakes } from "../lib/refusal.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { PlatformOptions, Platforms } from "../platforms/registry.ts";
import { mediaKeptUntil, optionsOfUsed } from "./accept-post.ts";
import type { PublishRequest } from "./check-post.ts";
import { checkPost, mediaOf } from "./check-post.ts";
import type { EditAnswer } from "./commands.ts";
import type { CommandDeps } from "./existing-post.ts";
import { existingPost, postNotFound, recallAnswer, refOf } from "./existing-post.ts";
import type { UnknownPost } from "./post-calls.ts";
import { isOpen } from "./status.ts";

/** What an edit changes; what is absent stays as it is. */
export interface PostChanges {
  content?: string | undefined;
  mediaIds?: string[] | undefined;
  schedule?: "now" | Millis | undefined;
  /** Absent: it moves with the schedule. */
  publishBefore?: Millis | null | undefined;
  options?: PlatformOptions | undefined;
}

type EditDeps = CommandDeps & { db: Database; clock: Clock; platforms: Platforms };

const WHY_NOT = {
  published: "Part of this post is published, and it cannot be changed any more.",
  unconfirmed: "Part of this post may be public, and it cannot be changed any more.",
  publishing: "This post is being published in this moment and cannot be changed any more.",
  canceled: "This post is canceled and cannot be changed any more.",
  failed: "This post has failed and cannot be changed any more.",
  missed: "This post has failed and cannot be changed any more.",
  lost: "What was sent of this post is not known any more, and it is over.",
} as const;

/**
 * Changes a post of which nothing is, or may be, public. The new content is stored beside the old one, which nobody sees
 * changed; then the post's object decides whether the post says it. Two edits of one version: one of them is told.
 *
 * @param expected the version that the client has seen; null when it does not say
 * @throws Refusal with every field at fault, or when the post is not as the client thinks
 */
export async function editPost(
  deps: EditDeps,
  access: Access,
  postId: string,
  changes: PostChanges,
  expected: number | null,
  change: Change<void>,
): Promise<void> {
  const post = await existingPost(deps.db, access, postId);
  const answer =
    (await recallAnswer<EditAnswer>(deps, refOf(post), change)) ??
    (await askToEdit(deps, access, post, changes, expected, change));
  if (answer.is === "edited") return;
  if (answer.is === "unknown_post") throw postNotFound();
  if (answer.is === "version_conflict") throw versionConflict(answer.version);
  throw new Refusal("conflict", WHY_NOT[answer.because]);
}

async function askToEdit(
  deps: EditDeps,
  access: Access,
  post: PostRow,
  changes: PostChanges,
  expected: number | null,
  change: Change<void>,
): Promise<EditAnswer | UnknownPost> {
  const ref = refOf(post);
  if (expected !== null && expected !== post.version) throw versionConflict(post.version);
  const accountIds = post.state.tasks
    .filter(({ status }) => isOpen(status) || status === "failed")
    .map(({ accountId }) => accountId);
  const request = changedRequest(post, changes, accountIds);
  const usedMedia = mediaOf(request);
  const context = await loadPublishContext(deps.db, access, { keys: [], accountIds, mediaIds: usedMedia });
  const { clockOffset, accounts } = context;
  const now = deps.clock() + clockOffset;
  // What was disconnected meanwhile fails by itself, and keeps nobody from changing the rest.
  const connected = { ...request, accountIds: accountIds.filter((id) => accounts.some((each) => each.id === id)) };
  const checked = checkPost(deps.platforms, ref, connected, { ...context, publishWithin: null }, now);
  const scheduledAt = changes.schedule === undefined ? post.scheduledAt : checked.scheduledAt;
  const publishBefore = changedDeadline(post, changes, scheduledAt);
  refuseMistakes([...checked.violations, ...checkDeadline(publishBefore, Math.max(scheduledAt, now))]);

  const contentId = newId("content", deps.clock());
  const options = optionsOfUsed(request, post.state.tasks);
  const isStored = await retryWrite(() =>
    insertContent(deps.db, {
      ref,
      id: contentId,
      content: request.content,
      media: request.mediaIds,
      options,
      usedMedia,
      mediaKeptUntil: mediaKeptUntil(scheduledAt, clockOffset),
    }),
  );
  if (!isStored) throw invalid("media", "media was deleted while this was being changed.");
  const commented = post.state.tasks
    .filter(({ platform }) => options[platform]?.first_comment !== undefined)
    .map(({ accountId }) => accountId);
  const edit = {
    from: post.version,
    contentId,
    scheduledAt: changes.schedule === undefined ? null : scheduledAt,
    publishBefore: changes.publishBefore,
    commented,
  };
  const details = { changed: changedNames(changes) };
  const command = await change
    .command(ref, { action: "post.edited", target: ref.postId, details })
    .catch(async (error) => {
      await deleteContent(deps.db, ref, contentId);
      throw error;
    });
  const answer = await deps.posts(ref).edit(edit, command);
  if (answer.is !== "edited" || answer.contentId !== contentId) await deleteContent(deps.db, ref, contentId);
  return answer;
}

/** As the request calls them. */
function changedNames({ content, mediaIds, schedule, publishBefore, options }: PostChanges): string[] {
  const named = { content, media: mediaIds, schedule, publish_before: publishBefore, options };
  return Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

export function versionConflict(version: number): Refusal {
  return new Refusal("version_conflict", `The post is at version ${version} now: read it again before you change it.`);
}

/** The request that the edited post would be. */
function changedRequest(post: PostRow, changes: PostChanges, accountIds: string[]): PublishRequest {
  return {
    content: changes.content ?? post.content,
    platforms: null,
    accountIds,
    mediaIds: changes.mediaIds ?? post.media,
    schedule: changes.schedule ?? "now",
    publishBefore: null,
    // As the platforms' own schemas have left them when the post was accepted.
    approval: null,
    options: changes.options ?? (post.options as PlatformOptions),
    externalId: post.externalId,
    metadata: post.metadata,
    allowDuplicate: true,
  };
}

function changedDeadline(post: PostRow, changes: PostChanges, scheduledAt: Millis): Millis | null {
  if (changes.publishBefore !== undefined) return changes.publishBefore;
  return post.publishBefore === null ? null : post.publishBefore + scheduledAt - post.scheduledAt;
}

function checkDeadline(publishBefore: Millis | null, earliest: Millis): Mistake[] {
  if (publishBefore === null || publishBefore > earliest) return [];
  const message = "publish_before must be later than the time the post is scheduled for, and than now.";
  return [{ code: "out_of_range", field: "publish_before", message }];
}
