import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import { objectName } from "../../src/post/post-calls.ts";
import type { TestWorkspace } from "../integration/helpers/api.ts";
import { newWorkspace } from "../integration/helpers/api.ts";
import { advance, holdTime, calls as postCalls } from "../integration/helpers/drive.ts";
import { counted, install, noteAnswer, objectsUncounted, sent } from "./counter.ts";
import type { JourneyName } from "./journeys.ts";
import * as journeys from "./journeys.ts";
import type { Counts } from "./operations.ts";
import { pricePerMillion } from "./prices.ts";
import { seed } from "./seed.ts";
import { printCosts } from "./table.ts";
import { holdChance, openNetwork } from "./world.ts";

const HOUR = 3_600_000;

let counts: Record<JourneyName, Counts>;
/** The same of a thousand posts. */
let ofFew: Record<"firstPage" | "furtherPage" | "onePost", Counts>;

// One after the other, and each in a workspace of its own: what a journey takes does not depend on another, but for the
// two that look at all there is. One comes first, the other last.
beforeAll(async () => {
  holdTime();
  // Ahead of the runtime's clock, so that no alarm rings unless it is let.
  advance(HOUR);
  holdChance();
  await install();
  const graph = openNetwork();
  const forgetPost = await journeys.forgetPost(graph);
  const few = await seeded(1_000);
  ofFew = {
    firstPage: await journeys.listPage(few, 0),
    furtherPage: await journeys.listPage(few, 48),
    onePost: await journeys.readPost(few),
  };
  const many = await seeded(1_000_000);
  counts = {
    publishText: await journeys.publishText(graph),
    publishPicture: await journeys.publishPicture(graph),
    scheduleText: await journeys.scheduleText(graph),
    deliverWebhook: await journeys.deliverWebhook(graph),
    forgetPost,
    cancel: await journeys.cancel(graph),
    replayStored: await journeys.replay(graph, { isCached: false }),
    replayCached: await journeys.replay(graph, { isCached: true }),
    acceptBulk: await journeys.acceptBulk(graph),
    uploadPicture: await journeys.uploadPicture(),
    firstPage: await journeys.listPage(many, 0),
    thousandthPage: await journeys.listPage(many, 999),
    onePost: await journeys.readPost(many),
    usage: await journeys.readUsage(few),
    refuseUnknownKey: await journeys.refuseUnknownKey(),
    refuseMalformedKey: await journeys.refuseMalformedKey(),
    idleMinute: await journeys.idleMinute(),
  };
});

async function seeded(posts: number): Promise<TestWorkspace> {
  const workspace = await newWorkspace();
  await seed(workspace.id, posts);
  return workspace;
}

describe("what each journey takes", () => {
  it("is what test/ledger/counts.json says", async () => {
    const written = `${JSON.stringify(counts, null, 2)}\n`;
    await expect(written, "counts have changed: see docs/costs.md").toMatchFileSnapshot("counts.json");
  });

  it("is what docs/costs.md says, with its price", async () => {
    await expect(printCosts(counts)).toMatchFileSnapshot("../../docs/costs.md");
  });
});

it("a million posts to two accounts, published and told to an endpoint, cost 50 dollars at most", () => {
  expect(pricePerMillion(counts.publishText)).toBeLessThanOrEqual(50);
});

it("a publish is answered after two round trips to the database at most, its authentication included", () => {
  expect(counts.publishText.d1RoundTripsBeforeAnswer).toBeLessThanOrEqual(2);
});

it("an idle minute reads less than 50 rows, with a million posts stored", () => {
  expect(counts.idleMinute.d1RowsRead).toBeLessThan(50);
});

it("a page and a post cost the same with a million posts as with a thousand, wherever the page is", () => {
  expect(counts.firstPage).toEqual(ofFew.firstPage);
  expect(counts.thousandthPage).toEqual(ofFew.furtherPage);
  expect(counts.thousandthPage.d1RowsRead).toBe(counts.firstPage.d1RowsRead);
  expect(counts.onePost).toEqual(ofFew.onePost);
});

describe("the counter notices", () => {
  const spent = async (work: () => Promise<unknown>) => {
    const each = await counted(async () => {
      await work();
    });
    return Object.fromEntries(Object.entries(each).filter(([, times]) => times !== 0));
  };

  it("each row of each statement, also of those that a batch has", async () => {
    const insert = (id: string) =>
      env.DB.prepare("INSERT INTO dead_letters (id, kind, received_at) VALUES (?, 'wake', 1)").bind(id);
    expect(await spent(() => insert("one").run())).toEqual({ d1RoundTrips: 1, d1RowsWritten: 2 });
    const several = () => env.DB.batch([insert("two"), insert("three")]);
    expect(await spent(several)).toEqual({ d1RoundTrips: 1, d1RowsWritten: 4 });
    const read = () => env.DB.prepare("SELECT * FROM dead_letters").raw();
    expect(await spent(read)).toEqual({ d1RoundTrips: 1, d1RowsRead: 3 });
  });

  it("each call of an object, and each row of its storage", async () => {
    const ref: PostRef = { workspaceId: "ws_1", mode: "live", postId: "post_1" };
    expect(await spent(() => postCalls(ref).recall("cmd_1"))).toEqual({ objectRequests: 1, objectRowsRead: 1 });
    const write = () =>
      runInDurableObject(objectsUncounted.posts(objectName(ref)), async (_object, { storage }) => {
        storage.kv.put("one", 1);
        storage.kv.delete("one");
        storage.kv.delete("one");
        await storage.setAlarm(Date.now() + HOUR);
        storage.kv.put("two", 2);
        await storage.deleteAll();
      });
    expect(await spent(write)).toMatchObject({ objectRowsWritten: 6 });
  });

  it("each message, key and file", async () => {
    const body = { kind: "probe", v: 1, webhook_id: "wh_1" } as const;
    expect(await spent(() => env.WEBHOOKS.sendBatch([{ body }, { body }]))).toEqual({ queueOperations: 2 });
    sent.length = 0;
    expect(await spent(() => env.IDEMPOTENCY.put("key", "value"))).toEqual({ kvWrites: 1 });
    expect(await spent(() => env.IDEMPOTENCY.get("key"))).toEqual({ kvReads: 1 });
    expect(await spent(() => env.MEDIA.put("file", "bytes"))).toEqual({ r2ClassA: 1 });
    expect(await spent(() => env.MEDIA.get("file"))).toEqual({ r2ClassB: 1 });
  });

  it("trips that wait for one another, and not those that go at once", async () => {
    const trip = () => env.DB.prepare("SELECT 1").run();
    const answered = (work: () => Promise<unknown>) => spent(() => work().then(noteAnswer));
    expect(await answered(() => trip().then(trip))).toEqual({ d1RoundTrips: 2, d1RoundTripsBeforeAnswer: 2 });
    expect(await answered(() => Promise.all([trip(), trip()]))).toEqual({
      d1RoundTrips: 2,
      d1RoundTripsBeforeAnswer: 1,
    });
  });
});
