import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import type { Words } from "./words.ts";
import type { Client, TestWorkspace } from "./workspace.ts";
import { clientOf } from "./workspace.ts";

/** A picture to post, and to be seen where a platform's would be. */
export const PICTURE = resolve(import.meta.dirname, "../../../scripts/first-post.jpg");

const HOUR = 3_600_000;
const POLL_MS = 250;

/** What the client of a workspace has written, and what has come of it. */
export interface Written {
  groupId: string;
  /** An account of the sandbox that works, which is in the group. */
  accountId: string;
  keyId: string;
  /** An endpoint that was sent what happened. */
  webhookId: string;
  /** Of a post that waits for approval. */
  eventId: string;
  posts: {
    /** Public on one account, and not on the other. */
    partial: string;
    scheduled: string;
    waiting: string;
    rejected: string;
    /** In live mode: the platform says why. */
    refused: string;
  };
  /** Where somebody without a login decides on the post that waits, and where they could have on the one that was rejected. */
  reviewLink: string;
  rejectedLink: string;
  /** Where the sandbox shows a post. */
  permalink: string;
}

/** Has everything happen that a client can bring about. Pages of Facebook are connected already. */
export async function write({ test, live }: TestWorkspace, words: Words): Promise<Written> {
  const { ask } = test;
  const url = `${inject("receiver")}/?${new URLSearchParams({ answer: words.answer })}`;
  const events = ["publish.completed", "publish.failed", "approval.requested", "approval.rejected"];
  const webhook = await ask("POST", "/v1/webhooks", { url, events, description: words.webhook });
  const scopes = ["posts:read", "posts:write", "approvals:write"];
  const key = await ask("POST", "/v1/api-keys", { name: words.key, scopes });
  const group = await ask("POST", "/v1/account-groups", { name: words.group });
  const works = await ask("POST", "/v1/accounts/sandbox", { platform: "instagram", username: "Maison Lumière" });
  const fails = await ask("POST", "/v1/accounts/sandbox", {
    platform: "facebook",
    username: "Maison Lumière",
    behavior: "rejects_media",
  });
  for (const { id } of [works, fails]) {
    await ask("PATCH", `/v1/accounts/${id}`, { labels: [words.label], group_id: group.id });
  }
  const form = new FormData();
  form.set("file", new File([readFileSync(PICTURE)], "picture.jpg"));
  const media = await ask("POST", "/v1/media", form);

  const publish = async (more: object): Promise<string> => {
    const said = { content: words.post, external_id: words.externalId, metadata: { note: words.comment } };
    const body = { ...said, accounts: [works.id, fails.id], media: [media.id], allow_duplicate: true, ...more };
    return (await ask("POST", "/v1/publish", body)).id;
  };
  const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
  const options = { instagram: { alt_text: words.altText, first_comment: words.firstComment } };
  const approval = { comment: words.comment, expires_at: inHours(70) };
  const partial = await publish({ options });
  const scheduled = await publish({ options, schedule: inHours(30) });
  const waiting = await publish({ options, schedule: inHours(80), approval });
  const rejected = await publish({ schedule: inHours(90), approval });
  const [news, old] = [await newsOf(test, waiting), await newsOf(test, rejected)];
  await clientOf(key.key).ask("POST", `/v1/posts/${rejected}/reject`, { reason: words.comment });

  const { accounts } = await live.ask("GET", "/v1/accounts");
  const page = accounts.find(({ name }: { name: string }) => name === words.page);
  const refused = await live.ask("POST", "/v1/publish", { content: words.post, accounts: [page.id] });
  await live.ended(refused.id);
  const { tasks } = await test.ended(partial);
  return {
    groupId: group.id,
    accountId: works.id,
    keyId: key.id,
    webhookId: webhook.id,
    eventId: news.id,
    posts: { partial, scheduled, waiting, rejected, refused: refused.id },
    reviewLink: news.data.link,
    rejectedLink: old.data.link,
    permalink: tasks.find(({ permalink }: { permalink: string | null }) => permalink !== null).permalink,
  };
}

/** What is told when a post waits for approval. */
async function newsOf({ ask }: Client, postId: string): Promise<{ id: string; data: { link: string } }> {
  for (;;) {
    const { events } = await ask("GET", "/v1/events");
    const found = events.find(
      ({ type, data }: { type: string; data: { post_id?: string } }) =>
        type === "approval.requested" && data.post_id === postId,
    );
    if (found) return found;
    await sleep(POLL_MS);
  }
}
