import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import { isOpen } from "../../src/post/status.ts";
import { servicesOf } from "../../src/services.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { newPicture, newWorkspace } from "./helpers/api.ts";
import { advance, callsOf, deliverTask, documentOf, drive, holdTime, wake } from "./helpers/drive.ts";
import type { Connected } from "./helpers/live.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * Posts that look alike, on one account, with answers lost. No task may take another's post for its own: that one would
 * be lost, and the other go out again.
 */

let workspace: TestWorkspace;
let graph: StandIn;
let account: Connected;
let picture: string;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  graph = standInForMeta();
  picture = await newPicture(workspace, "live");
});
afterEach(() => vi.restoreAllMocks());

const publish = (fields: Record<string, unknown>): Promise<PostRef> =>
  publishLive(workspace, { accounts: [account.id], ...fields });

async function taskOf(ref: PostRef) {
  return (await readLive(workspace, ref)).body.tasks[0];
}

/** Gives a task its message, without letting it go on. */
async function begin(ref: PostRef): Promise<void> {
  await wake(ref);
  await deliverTask(ref, account.id);
}

/** Lets time pass over all of them alike, until they are over. */
async function driveTogether(...refs: PostRef[]): Promise<void> {
  for (let turn = 0; turn < 300; turn++) {
    let isOver = true;
    for (const ref of refs) {
      await wake(ref);
      const [task] = (await documentOf(ref)).tasks;
      if (!task || !isOpen(task.status)) continue;
      isOver = false;
      if (task.sends > 0 && task.lease === null) await deliverTask(ref, account.id);
    }
    if (isOver) return;
    advance(20_000);
  }
  throw new Error("the posts did not come to an end");
}

/** Both are public once, each under its own id. */
async function expectBoth(first: PostRef, second: PostRef): Promise<void> {
  const posts = graph.posts(account.externalId);
  expect(posts).toHaveLength(2);
  const tasks = [await taskOf(first), await taskOf(second)];
  expect(tasks.map((task) => task.status)).toEqual(["published", "published"]);
  const known = tasks.map((task) => task.platform_post_id).filter((id) => id !== null);
  expect(new Set(known).size).toBe(known.length);
  for (const id of known) expect(posts.map((post) => post.id)).toContain(id);
}

describe("on a Page", () => {
  beforeEach(async () => {
    account = await connect(graph, workspace, "facebook");
  });
  const LINK = { options: { facebook: { link: "https://example.com/story" } } };

  it.each([
    ["a link and then a text", LINK, {}],
    ["a text and then a link", {}, LINK],
  ])("%s of the same words are two posts", async (_name, first, second) => {
    const one = await publish({ content: "Same words", ...first });
    const other = await publish({ content: "Same words", ...second });
    graph.spoil(/feed$/, "cut after");
    await begin(one);
    graph.spoil(/feed$/, "cut before");
    await begin(other);
    await driveTogether(other, one);
    await expectBoth(one, other);
    const links = graph.posts(account.externalId).map((post) => post.link);
    expect(links.filter((link) => link !== null)).toHaveLength(1);
  });

  it("a photo and a text of the same words are two posts", async () => {
    const photo = await publish({ content: "Same words", media: [picture] });
    const text = await publish({ content: "Same words" });
    graph.spoil(/feed$/, "cut before");
    await begin(photo);
    graph.spoil(/feed$/, "cut after");
    await begin(text);
    await driveTogether(photo, text);
    await expectBoth(photo, text);
    expect(
      graph
        .posts(account.externalId)
        .map((post) => post.kind)
        .sort(),
    ).toEqual(["photo", "text"]);
  });

  it("a text that holds a link is found although the platform shows the link", async () => {
    const ref = await publish({ content: "Look: https://example.com/story" });
    graph.spoil(/feed$/, "cut after");
    await drive(ref);
    expect(graph.posts(account.externalId)).toHaveLength(1);
    expect(await taskOf(ref)).toMatchObject({ status: "published" });
  });
});

describe("on Instagram", () => {
  beforeEach(async () => {
    account = await connect(graph, workspace, "instagram");
  });

  it("a post of another task that is public and not yet told of is left to it", async () => {
    const fields = { content: "The same", media: [picture] };
    const [first, second] = [await publish(fields), await publish(fields)];
    const services = servicesOf(env);
    const { posts } = services;
    // The first is public; its consumer dies before it reports.
    const dying = vi.spyOn(services, "posts").mockImplementation((ref) => ({
      ...callsOf(posts, ref),
      report: (holder, made) =>
        made.is === "live" ? Promise.reject(new Error("the consumer died")) : posts(ref).report(holder, made),
    }));
    await begin(first);
    dying.mockRestore();
    graph.spoil(/media_publish$/, "cut before");
    await begin(second);
    // The second's container cannot be read for a while: its caption alone is to be had.
    graph.spoil(/GET .*\{id\}$/, "500 before", 2);
    await driveTogether(second, first);
    await expectBoth(first, second);
  });

  it("a picture that somebody posted by hand is not taken for ours", async () => {
    const ref = await publish({ content: "Ours", media: [picture] });
    graph.spoil(/media_publish$/, "cut before");
    await begin(ref);
    const theirs = await graph.postByHand(account.externalId, await servicesOf(env).mediaUrl(picture));
    graph.spoil(/GET .*\{id\}$/, "500 before", 3);
    await drive(ref);
    const task = await taskOf(ref);
    expect(task.status).toBe("published");
    expect(task.platform_post_id).not.toBe(theirs);
    expect(graph.posts(account.externalId)).toHaveLength(2);
  });

  it("is found by its time where the platform tells no captions", async () => {
    account = await connect(graph, workspace, "instagram", graph.open("instagram", "instagram"));
    graph.hideCaptions = true;
    const ref = await publish({ content: "No captions", media: [picture] });
    graph.spoil(/media_publish$/, "cut after");
    await drive(ref);
    const [post, ...others] = graph.posts(account.externalId);
    expect(others).toEqual([]);
    expect(await taskOf(ref)).toMatchObject({ status: "published", platform_post_id: post?.id });
  });

  it("is found although the list is half an hour late", async () => {
    graph.listingLag = 30 * 60_000;
    const ref = await publish({ content: "Late", media: [picture] });
    graph.spoil(/media_publish$/, "cut after");
    await drive(ref);
    expect(graph.posts(account.externalId)).toHaveLength(1);
    expect(await taskOf(ref)).toMatchObject({ status: "published" });
    advance(3_600_000);
  });
});
