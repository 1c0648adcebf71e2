import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace } from "./helpers/api.ts";
import {
  advance,
  deliverTask,
  documentOf,
  drive,
  holdTime,
  storeDocument,
  storedDocument,
  wake,
} from "./helpers/drive.ts";
import { connect, publishLive, standInForMeta } from "./helpers/live.ts";

/*
 * What happened to a post: each transition, each call to the platform with what it was answered, and who asked.
 */

let workspace: TestWorkspace;
let graph: StandIn;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  graph = standInForMeta();
});
afterEach(() => vi.restoreAllMocks());

async function timelineOf(ref: PostRef, key = workspace.live) {
  return call("GET", `/v1/posts/${ref.postId}/timeline`, { key });
}

type Entry = { type: string; name?: string; outcome?: string; code?: string };
const told = ({ type, name, outcome, code }: Entry) => [type, name, outcome, code].filter(Boolean).join(" ");

it("tells of a publication from its acceptance to its end, with who asked, times and durations", async () => {
  const account = await connect(graph, workspace, "instagram");
  const media = [await newPicture(workspace, "live")];
  const ref = await publishLive(workspace, { content: "A caption", accounts: [account.id], media });
  const accepted = (await timelineOf(ref)).body;
  expect(accepted.post_id).toBe(ref.postId);
  expect(accepted.entries.map(told)).toEqual(["accepted"]);
  expect(accepted.entries[0].actor).toEqual({
    type: "api_key",
    id: expect.stringMatching(/^key_/),
    name: expect.any(String),
  });

  // The platform takes its time over the commit.
  const real = graph.fetch.bind(graph);
  vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
    if (request.url.includes("media_publish")) advance(1_500);
    return real(request);
  });
  await drive(ref);
  const { entries } = (await timelineOf(ref)).body;
  const words: string[] = entries.map(told);
  expect(words[0]).toBe("accepted");
  expect(words.slice(0, 2)).toEqual(["accepted", "began"]);
  expect(words.slice(-3)).toEqual(["armed", "commit publish live", "concluded published"]);
  expect(words.filter((word) => word.startsWith("step "))).not.toEqual([]);
  const commit = entries.find(({ type }: Entry) => type === "commit");
  expect(commit).toMatchObject({ account_id: account.id, duration_ms: 1_500, actor: { type: "system" } });
  const times = entries.map(({ at }: { at: string }) => Date.parse(at));
  for (const at of times) expect(at).toBeGreaterThan(0);
});

it("tells what the platform answered, without a secret, and of repetition once", async () => {
  const { externalId, token } = graph.open("facebook");
  const account = await connect(graph, workspace, "facebook", { externalId, token });
  const ref = await publishLive(workspace, { content: "Never told", accounts: [account.id] });
  graph.spoil(/feed$/, "cut before");
  graph.spoil(/published_posts$/, "500 before", 3);
  await drive(ref);
  const answer = await timelineOf(ref);
  const words: string[] = answer.body.entries.map(told);
  expect(words).toContain("commit feed unknown");
  const settling = answer.body.entries.filter(({ type }: Entry) => type === "settling");
  expect(settling[0]).toMatchObject({ outcome: "askLater", count: 3, platform: { code: "2" } });
  expect(Date.parse(settling[0].last_at)).toBeGreaterThan(Date.parse(settling[0].at));
  expect(words.at(-1)).toBe("concluded published");
  for (const secret of [token, "Never told", "access_token"]) expect(answer.text).not.toContain(secret);
});

it("tells of a retry and its round, and of an edit, with the key that asked", async () => {
  const account = await connect(graph, workspace, "facebook");
  const ref = await publishLive(workspace, { content: "First", accounts: [account.id] });
  graph.refuse(/feed$/, { code: 100, message: "Invalid parameter" });
  await drive(ref);
  await call("PATCH", `/v1/posts/${ref.postId}`, { key: workspace.live, body: { content: "Second" } });
  await call("POST", `/v1/posts/${ref.postId}/retry`, { key: workspace.live });
  await drive(ref);
  const { entries } = (await timelineOf(ref)).body;
  const words: string[] = entries.map(told);
  expect(words).toContain("concluded failed platform_rejected");
  expect(words).toContain("edited version 2");
  const retried = entries.find(({ type }: Entry) => type === "retried");
  expect(retried).toMatchObject({ round: 2, actor: { type: "api_key" }, account_id: account.id });
  expect(entries.at(-1)).toMatchObject({ type: "concluded", outcome: "published", round: 2 });
  expect(graph.posts(account.externalId).map((post) => post.text)).toEqual(["Second"]);
});

it("is kept in bounds, however long a post is at it", async () => {
  const account = await connect(graph, workspace, "facebook");
  const ref = await publishLive(workspace, { content: "Long", accounts: [account.id] });
  await wake(ref);
  const document = await documentOf(ref);
  const timeline = Array.from({ length: 120 }, (_, at) => ({
    at,
    type: at % 2 === 0 ? ("began" as const) : ("step" as const),
    accountId: `acc_${at}`,
  }));
  await storeDocument(ref, { ...document, timeline });
  await deliverTask(ref, account.id);
  await drive(ref);
  const kept = (await storedDocument(ref))?.timeline ?? [];
  expect(kept).toHaveLength(120);
  expect(kept.filter(({ at, type }) => at < 120 && type === "began")).toHaveLength(60);
  expect(kept.at(-1)).toMatchObject({ type: "concluded", outcome: "published" });
});

it("of a foreign post is not found, and is read by a key of the other mode neither", async () => {
  const account = await connect(graph, workspace, "facebook");
  const ref = await publishLive(workspace, { content: "Mine", accounts: [account.id] });
  expect((await timelineOf(ref, (await newWorkspace()).live)).status).toBe(404);
  expect((await timelineOf(ref, workspace.test)).status).toBe(404);
  await drive(ref);
});
