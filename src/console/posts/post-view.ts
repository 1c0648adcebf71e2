import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { AccountName } from "../../db/accounts.ts";
import { findAccountNames } from "../../db/accounts.ts";
import type { PostRow } from "../../db/posts.ts";
import { findTimeline } from "../../db/posts.ts";
import type { Timeline } from "../../db/timeline.ts";
import type { Millis } from "../../lib/clock.ts";
import { findNames } from "../../post/actor.ts";
import { existingPost } from "../../post/existing-post.ts";
import { isOpen } from "../../post/status.ts";
import type { Problem } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { loadMedia } from "../frame/load-media.ts";
import type { ShownMedia } from "../frame/media.tsx";

/** All that the page of a post shows. */
export interface PostView {
  member: Member;
  post: PostRow;
  accounts: ReadonlyMap<string, AccountName>;
  media: readonly (ShownMedia | null)[];
  timeline: Timeline;
  /** Of those who did something, by id. */
  names: ReadonlyMap<string, string>;
  /** On the clock that the post lives by. */
  now: Millis;
  problem: Problem | undefined;
  /** The address of one of the post's forms. */
  at(action: string): string;
}

/** @throws Refusal when there is no such post within reach */
export async function loadPost(
  c: Context<AppEnv>,
  member: Member,
  postId: string,
  problem: Problem | undefined,
): Promise<PostView> {
  const { db, clock } = c.var.services;
  const { access, scope, workspace } = member;
  const [post, timeline] = await Promise.all([existingPost(db, access, postId), findTimeline(db, access, postId)]);
  const { approval, state } = post;
  const ids = [...(timeline ?? []).map(({ keyId }) => keyId), approval?.requestedBy, approval?.decidedBy];
  const [accounts, media, names] = await Promise.all([
    findAccountNames(
      db,
      scope,
      state.tasks.map(({ accountId }) => accountId),
    ),
    loadMedia(db, scope, post, async ({ id }) => mediaAddresses(member, id)),
    findNames(db, scope, ids),
  ]);
  return {
    member,
    post,
    accounts: new Map(accounts.map((account) => [account.id, account])),
    media,
    timeline: timeline ?? [],
    names,
    now: clock() + (member.mode === "test" ? workspace.testClockOffset : 0),
    problem,
    at: (action) => member.at(`posts/${postId}/${action}`),
  };
}

function mediaAddresses(member: Member, mediaId: string) {
  const url = member.at(`media/${mediaId}`);
  return { url, smallUrl: `${url}?width=640` };
}

/** Whether the post can still be stopped: something is to come, and nothing is or may be public. */
export function canStop({ state }: PostRow): boolean {
  const statuses = state.tasks.map(({ status }) => status);
  return statuses.some(isOpen) && !statuses.some((status) => status === "published" || status === "unconfirmed");
}

/** Whether something failed that can be tried again. */
export function canRetry({ status, state }: PostRow): boolean {
  if (status === "canceled") return false;
  return state.tasks.some((task) => task.status === "failed" || task.firstComment?.status === "failed");
}

/** Whether somebody's word is waited for. */
export function isPending({ approval, status }: PostRow): boolean {
  return approval?.state === "pending" && status !== "canceled";
}
