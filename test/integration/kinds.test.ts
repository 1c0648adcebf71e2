import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { Mishap, StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { newWorkspace } from "./helpers/api.ts";
import { drive, holdTime } from "./helpers/drive.ts";
import type { Kind, MediaName } from "./helpers/kinds.ts";
import { addMedia, KINDS } from "./helpers/kinds.ts";
import type { Connected } from "./helpers/live.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

let workspace: TestWorkspace;
let media: Record<MediaName, string>;
let graph: StandIn;
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
  media = await addMedia(workspace);
});
beforeEach(() => {
  holdTime();
  graph = standInForMeta();
});
afterEach(() => vi.restoreAllMocks());

async function accept(kind: Kind): Promise<{ ref: PostRef; account: Connected }> {
  const account = await connect(graph, workspace, kind.platform);
  const fields = JSON.parse(JSON.stringify(kind.fields).replaceAll("{cover}", media.cover));
  const ids = kind.media.map((name) => media[name]);
  return { ref: await publishLive(workspace, { ...fields, accounts: [account.id], media: ids }), account };
}

/** The same call again, reading: how often is the platform's to say. */
function withoutRepeats<C>(calls: C[]): C[] {
  return calls.filter((call, index) => JSON.stringify(call) !== JSON.stringify(calls[index - 1]));
}

/** Ids differ from read to read of a carousel's items; what counts is that it was read. */
const seen = () => withoutRepeats(graph.calls.map(({ method, call, params }) => [method, call, params]));

const MISHAPS: Mishap[] = ["cut before", "cut after", "500 before", "500 after", "spam after", "nonsense after"];

describe.each(Object.entries(KINDS))("%s", (_name, kind) => {
  it("takes exactly these calls, in this order", async () => {
    const { ref, account } = await accept(kind);
    await drive(ref);
    expect(seen()).toEqual(withoutRepeats(kind.calls));
    const posts = graph.posts(account.externalId);
    expect(posts).toHaveLength(1);
    const { body } = await readLive(workspace, ref);
    expect(body.tasks[0]).toMatchObject({
      status: "published",
      platform_post_id: posts[0]?.id,
      permalink: posts[0]?.permalink,
      error: null,
    });
  });

  const spoilt = withoutRepeats(kind.calls.map(([method, path]) => [method, path] as const)).flatMap(
    ([method, path], index, all) =>
      all.findIndex(([m, p]) => m === method && p === path) === index
        ? MISHAPS.map((mishap) => [mishap, method, path] as const)
        : [],
  );

  it.each(spoilt)("with %s at %s %s is public once", async (mishap, method, path) => {
    const { ref, account } = await accept(kind);
    graph.spoil(new RegExp(`^${method} ${path.replace(/[{}]/g, "\\$&")}$`), mishap);
    await drive(ref);
    await expectOneWithItsId(ref, account);
  });

  const commit = kind.calls.findLast(([method]) => method === "POST");
  it("whose commit is answered with an error every time, although it acts, is public once", async () => {
    const { ref, account } = await accept(kind);
    graph.spoil(new RegExp(`^POST ${commit?.[1].replace(/[{}]/g, "\\$&")}$`), "500 after", 1_000);
    await drive(ref);
    expect(graph.posts(account.externalId).length).toBeLessThanOrEqual(1);
    const { body } = await readLive(workspace, ref);
    const isPublic = graph.posts(account.externalId).length === 1;
    expect(body.tasks[0].status === "published").toBe(isPublic);
  });

  it("to a platform that answers nothing any more ends with an error, and is public never", async () => {
    const { ref, account } = await accept(kind);
    graph.spoil(/./, "cut before", 100_000);
    const document = await drive(ref);
    expect(graph.posts(account.externalId)).toHaveLength(0);
    const isCommitFirst = kind.calls[0]?.[1].endsWith("/feed");
    expect(document.tasks[0]?.status).toBe(isCommitFirst ? "unconfirmed" : "failed");
    const { body } = await readLive(workspace, ref);
    const code = isCommitFirst ? "outcome_unknown" : "platform_error";
    expect(body.tasks[0].error).toMatchObject({ code, message: expect.stringMatching(/\.$/) });
  });
});

async function expectOneWithItsId(ref: PostRef, account: Connected): Promise<void> {
  const posts = graph.posts(account.externalId);
  expect(posts).toHaveLength(1);
  const { body } = await readLive(workspace, ref);
  // What is public is said to be, under its right id.
  expect(body.tasks[0]).toMatchObject({ status: "published", platform_post_id: posts[0]?.id });
}
