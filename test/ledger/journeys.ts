import { env } from "cloudflare:workers";
import { database } from "../../src/db/database.ts";
import { forgetKeysOfPosts } from "../../src/db/idempotency.ts";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import { jpeg } from "../helpers/pictures.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "../integration/helpers/api.ts";
import { newPicture, newWorkspace } from "../integration/helpers/api.ts";
import { advance } from "../integration/helpers/drive.ts";
import { connect } from "../integration/helpers/live.ts";
import { newWebhook } from "../integration/helpers/webhooks.ts";
import { counted, sent } from "./counter.ts";
import type { Counts } from "./operations.ts";
import { ask, comeToRest, countTurnsAnew, deliverAll, liveOn, runCron, settleNow, sweep, useKey } from "./world.ts";

/** The journeys, each with what happens on it. */
export const JOURNEYS = {
  publishText: "a text to two Pages, now, with a key; published, and told to one endpoint, post by post",
  publishPicture: "the same of a picture, to Instagram and a Page; the platform fetches it from us",
  scheduleText: "the text, a day ahead",
  deliverWebhook: "one event to one endpoint, from its message on (it is in the three above)",
  forgetPost: "30 days after the text was published: what is kept no longer goes, its key with a later request",
  cancel: "a post that was scheduled",
  replayStored: "a publish with a key that was used, sent again for the first time: D1 has the answer",
  replayCached: "the same, sent again once more: KV has it",
  acceptBulk: "a hundred scheduled posts to two Pages in one request, until each has its alarm",
  uploadPicture: "a picture",
  firstPage: "20 of a million posts",
  thousandthPage: "20 of a million posts, 20,000 further on",
  onePost: "one of a million posts",
  usage: "what accounts were used for, of a workspace with a thousand posts",
  refuseUnknownKey: "a key that was revoked",
  refuseMalformedKey: "what is no key",
  idleMinute: "two sweeps and a run of cron, a million posts stored",
} as const;
export type JourneyName = keyof typeof JOURNEYS;

/** A workspace of a journey's own, with two Pages and an account on Instagram. */
export interface Traveller {
  workspace: TestWorkspace;
  pages: [string, string];
  instagram: string;
}

const DAY = 86_400_000;

export async function newTraveller(graph: StandIn): Promise<Traveller> {
  const workspace = await newWorkspace();
  const idOf = async (platform: "facebook" | "instagram") => (await connect(graph, workspace, platform)).id;
  return { workspace, pages: [await idOf("facebook"), await idOf("facebook")], instagram: await idOf("instagram") };
}

/** One endpoint, which hears how posts end. */
export async function listen({ workspace }: Traveller): Promise<void> {
  const url = `https://${workspace.id.toLowerCase().replace("_", "-")}.receiver.example.org/hook`;
  await newWebhook(workspace, ["publish.completed", "publish.failed"], { url }, "live");
}

let keys = 0;

/** An Idempotency-Key that nobody has used, as every publish should have one. */
export function newIdempotencyKey(): Record<string, string> {
  keys += 1;
  return { "Idempotency-Key": `journey-${keys}` };
}

async function publish(workspace: TestWorkspace, body: object, headers = newIdempotencyKey()): Promise<PostRef> {
  const { body: post } = await ask("POST", "/v1/publish", 202, { key: workspace.live, body, headers });
  return { workspaceId: workspace.id, mode: "live", postId: post.id };
}

/** Publishes and sees it through to the end. @throws Error when it is not published on all accounts */
async function publishToTheEnd({ workspace }: Traveller, body: object): Promise<Counts> {
  await useKey(workspace);
  let postId = "";
  const counts = await counted(async () => {
    const ref = await publish(workspace, body);
    postId = ref.postId;
    await liveOn(ref);
  });
  const row = await env.DB.prepare("SELECT status FROM posts WHERE id = ?").bind(postId).first<{ status: string }>();
  if (row?.status !== "published") throw new Error(`the post ended as ${row?.status}`);
  return counts;
}

export async function publishText(graph: StandIn): Promise<Counts> {
  const traveller = await newTraveller(graph);
  await listen(traveller);
  return publishToTheEnd(traveller, { content: "Hello", accounts: traveller.pages });
}

export async function publishPicture(graph: StandIn): Promise<Counts> {
  const traveller = await newTraveller(graph);
  await listen(traveller);
  const media = [await newPicture(traveller.workspace, "live")];
  const accounts = [traveller.instagram, traveller.pages[0]];
  return publishToTheEnd(traveller, { content: "Hello", accounts, media });
}

export async function scheduleText(graph: StandIn): Promise<Counts> {
  const traveller = await newTraveller(graph);
  await listen(traveller);
  const schedule = new Date(Date.now() + DAY).toISOString();
  return publishToTheEnd(traveller, { content: "Hello", accounts: traveller.pages, schedule });
}

async function scheduled(graph: StandIn): Promise<{ workspace: TestWorkspace; ref: PostRef }> {
  const { workspace, pages } = await newTraveller(graph);
  const schedule = new Date(Date.now() + DAY).toISOString();
  const ref = await publish(workspace, { content: "Hello", accounts: pages, schedule });
  await settleNow(ref);
  await useKey(workspace);
  return { workspace, ref };
}

/** With what is left of the post: its alarm rings once more, in vain. */
export async function cancel(graph: StandIn): Promise<Counts> {
  const { workspace, ref } = await scheduled(graph);
  return counted(async () => {
    await ask("DELETE", `/v1/posts/${ref.postId}`, 200, { key: workspace.live });
    await liveOn(ref);
  });
}

export async function replay(graph: StandIn, { isCached }: { isCached: boolean }): Promise<Counts> {
  const { workspace, pages } = await newTraveller(graph);
  const headers = newIdempotencyKey();
  const schedule = new Date(Date.now() + DAY).toISOString();
  const body = { content: "Hello", accounts: pages, schedule };
  await comeToRest(await publish(workspace, body, headers));
  await useKey(workspace);
  if (isCached) await publish(workspace, body, headers);
  return counted(async () => {
    await publish(workspace, body, headers);
  });
}

/** From the message on: that it was written is counted with the post. */
export async function deliverWebhook(graph: StandIn): Promise<Counts> {
  const traveller = await newTraveller(graph);
  await listen(traveller);
  const { workspace, pages } = traveller;
  await liveOn(await publish(workspace, { content: "Hello", accounts: [pages[0]] }));
  // Its only delivery is as it was before it was sent.
  const delivery = await env.DB.prepare(
    "UPDATE deliveries SET status = 'pending', next_attempt_at = ?, attempts = 0, log = '[]' " +
      "WHERE status = 'delivered' AND webhook_id IN (SELECT id FROM webhooks WHERE workspace_id = ?) RETURNING *",
  )
    .bind(Date.now(), workspace.id)
    .first();
  if (!delivery) throw new Error("the webhook was not sent");
  const { webhook_id, event_at, event_id } = delivery;
  const message = { v: 1, kind: "deliver", webhook_id, event_at, event_id };
  sent.push({ queue: "apionics-webhooks", bodies: [message] });
  return counted(deliverAll);
}

/** The worst of five: cron fires in one of them. */
export async function idleMinute(): Promise<Counts> {
  await runCron();
  await sweep();
  await sweep();
  return counted(async () => {
    await runCron();
    await sweep();
    await sweep();
  });
}

export async function refuseUnknownKey(): Promise<Counts> {
  const { live } = await newWorkspace();
  await env.DB.prepare("UPDATE api_keys SET revoked_at = ? WHERE mode = 'live'").bind(Date.now()).run();
  return counted(async () => {
    await ask("GET", "/v1/posts", 401, { key: live });
  });
}

export async function refuseMalformedKey(): Promise<Counts> {
  return counted(async () => {
    await ask("GET", "/v1/posts", 401, { key: "apionics_live_made_up" });
  });
}

export async function uploadPicture(): Promise<Counts> {
  const workspace = await newWorkspace();
  await useKey(workspace);
  const body = new FormData();
  body.set("file", new File([jpeg(1080, 1080)], "picture.jpg", { type: "image/jpeg" }));
  return counted(async () => {
    await ask("POST", "/v1/media", 201, { key: workspace.live, body, headers: newIdempotencyKey() });
    await deliverAll();
  });
}

/**
 * What is written when all that a post has left is deleted. Everything else is as on a day on which nothing is: it is
 * counted too, and taken off.
 */
export async function forgetPost(graph: StandIn): Promise<Counts> {
  const traveller = await newTraveller(graph);
  await env.DB.batch(["DELETE FROM events", "DELETE FROM deliveries"].map((each) => env.DB.prepare(each)));
  await listen(traveller);
  await publishToTheEnd(traveller, { content: "Hello", accounts: traveller.pages });
  const day = () =>
    counted(async () => {
      advance(31 * DAY);
      for (let sweeps = 0; sweeps < 3; sweeps++) await sweep();
      await forgetKeys(traveller.workspace);
    });
  const [forgetting, nothing] = [await day(), await day()];
  countTurnsAnew();
  const keys = Object.keys(forgetting) as (keyof Counts)[];
  return Object.fromEntries(keys.map((key) => [key, forgetting[key] - nothing[key]])) as unknown as Counts;
}

/** What a request does for the keys before it, which it finds next to its own. */
async function forgetKeys({ id: workspaceId }: TestWorkspace): Promise<void> {
  const db = database(env.DB);
  await db.batch([forgetKeysOfPosts(db, { workspaceId, mode: "live" }, [{ key: "" }], Date.now())]);
}

/** A page of 20 posts: the first, or one so many pages further on. */
export async function listPage(workspace: TestWorkspace, pagesBefore: number): Promise<Counts> {
  const { live: key } = workspace;
  await useKey(workspace);
  let cursor = "";
  // A hundred at a time, as far as it goes.
  for (let left = pagesBefore * 20; left > 0; left -= 100) {
    const { body } = await ask("GET", `/v1/posts?limit=${Math.min(left, 100)}${cursor}`, 200, { key });
    cursor = `&cursor=${body.next_cursor}`;
  }
  return counted(async () => {
    const { body } = await ask("GET", `/v1/posts?limit=20${cursor}`, 200, { key });
    if (body.posts.length !== 20 || body.next_cursor === null) throw new Error("there is no such page");
  });
}

export async function readPost(workspace: TestWorkspace): Promise<Counts> {
  const { body } = await ask("GET", "/v1/posts?limit=1", 200, { key: workspace.live });
  return counted(async () => {
    await ask("GET", `/v1/posts/${body.posts[0].id}`, 200, { key: workspace.live });
  });
}

export async function readUsage(workspace: TestWorkspace): Promise<Counts> {
  await useKey(workspace);
  return counted(async () => {
    await ask("GET", "/v1/usage", 200, { key: workspace.live });
  });
}

/** Until all of their objects have their posts and are asleep. */
export async function acceptBulk(graph: StandIn): Promise<Counts> {
  const { workspace, pages } = await newTraveller(graph);
  await useKey(workspace);
  const schedule = new Date(Date.now() + DAY).toISOString();
  const lines = Array.from({ length: 100 }, (_, index) =>
    JSON.stringify({ content: `Post ${index}`, accounts: pages, schedule, idempotency_key: `bulk-${index}` }),
  );
  return counted(async () => {
    const headers = { "Content-Type": "application/x-ndjson" };
    const { body } = await ask("POST", "/v1/publish/bulk", 200, {
      key: workspace.live,
      body: lines.join("\n"),
      headers,
    });
    if (body.results.some(({ status }: { status: number }) => status !== 202)) throw new Error("a line was refused");
    await deliverAll();
  });
}
