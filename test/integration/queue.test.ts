import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { taskMessage, wakeMessage } from "../../src/post/messages.ts";
import { servicesOf } from "../../src/services.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import {
  advance,
  calls,
  callsOf,
  deliver,
  deliverTask,
  documentOf,
  drive,
  evict,
  getPost,
  holdTime,
  messageFor,
  postObject,
  publicPosts,
  refOf,
  ringAlarm,
  storeDocument,
  storedDocument,
  taskOf,
  wake,
} from "./helpers/drive.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;

let workspace: TestWorkspace;
let account: string;
beforeAll(async () => {
  workspace = await newWorkspace();
});
beforeEach(async () => {
  holdTime();
  account = await newAccount(workspace, "facebook");
});
afterEach(() => vi.restoreAllMocks());

async function accept(fields: Record<string, unknown> = {}) {
  const accepted = await publish(workspace, { content: "A post", accounts: [account], ...fields });
  if (accepted.status !== 202) throw new Error(accepted.text);
  return refOf(workspace, accepted);
}

const shown = async () => (await publicPosts(workspace, account)).length;

describe("a message", () => {
  it("delivered twice at once publishes once", async () => {
    const ref = await accept();
    await wake(ref);
    const message = await messageFor(ref, account);
    await Promise.all([deliver(message, message), deliver(message), deliver(message)]);
    await drive(ref);
    expect(await shown()).toBe(1);
  });

  it("delivered again after the post is out does nothing", async () => {
    const ref = await accept();
    await wake(ref);
    const message = await messageFor(ref, account);
    await deliver(message);
    await drive(ref);
    const before = await documentOf(ref);
    await deliver(message, message);
    expect(await documentOf(ref)).toEqual(before);
    expect(await shown()).toBe(1);
  });

  it("that is late, for a state the task has left, does nothing", async () => {
    const transient = await newAccount(workspace, "facebook", "transient_errors");
    const ref = await accept({ accounts: [transient], media: [await newPicture(workspace)] });
    await wake(ref);
    const late = await messageFor(ref, transient);
    await deliver(late);
    const after = await taskOf(ref, transient);
    expect(after.error?.code).toBe("platform_error");
    await deliver(late);
    expect(await taskOf(ref, transient)).toEqual(after);
    await drive(ref);
    expect(await publicPosts(workspace, transient)).toHaveLength(1);
  });

  it("that never comes is sent again, after 30 seconds and then every 45", async () => {
    const ref = await accept();
    const sentAt: number[] = [];
    const send = env.PUBLISH.sendBatch.bind(env.PUBLISH);
    vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation((messages) => {
      sentAt.push(Date.now());
      return send(messages);
    });
    await wake(ref);
    while (sentAt.length < 5) await ringAlarm(ref);
    const waits = sentAt.slice(1).map((at, index) => Math.round((at - (sentAt[index] ?? 0)) / SECOND));
    expect(waits).toEqual([30, 45, 45, 45]);
    await deliverTask(ref, account);
    expect(await shown()).toBe(1);
  });

  it("that cannot be sent is sent later", async () => {
    vi.spyOn(env.PUBLISH, "sendBatch").mockRejectedValueOnce(new Error("Queue is overloaded. Please back off."));
    const ref = await accept();
    await drive(ref);
    expect(await shown()).toBe(1);
  });

  it("for a post that is not there makes no object", async () => {
    const ref = { workspaceId: workspace.id, mode: "test" as const, postId: "post_missing" };
    await deliver(wakeMessage(ref), taskMessage(ref, { accountId: account, part: "post" as const, epoch: 1 }));
    expect(await storedDocument(ref)).toBeUndefined();
  });

  it("of no known form is put aside, and the others of its batch are taken", async () => {
    const ref = await accept();
    await wake(ref);
    await deliver({ kind: "later", v: 2 } as never, await messageFor(ref, account));
    expect(await shown()).toBe(1);
  });

  it("before its time does nothing", async () => {
    const ref = await accept({ schedule: new Date(Date.now() + HOUR).toISOString() });
    await wake(ref);
    await deliverTask(ref, account);
    expect(await shown()).toBe(0);
    expect((await getPost(workspace, ref)).body.status).toBe("queued");
  });
});

describe("an alarm", () => {
  it("that rings twice sends one message", async () => {
    const ref = await accept({ schedule: new Date(Date.now() + HOUR).toISOString() });
    await wake(ref);
    const sends = vi.spyOn(env.PUBLISH, "sendBatch");
    advance(HOUR + SECOND);
    await Promise.all([runDurableObjectAlarm(postObject(ref)), wake(ref), wake(ref)]);
    await runDurableObjectAlarm(postObject(ref));
    expect(sends).toHaveBeenCalledTimes(1);
    await drive(ref);
    expect(await shown()).toBe(1);
  });

  it("rings never early", async () => {
    const at = Math.ceil(Date.now() / SECOND) * SECOND + HOUR;
    const ref = await accept({ schedule: new Date(at).toISOString() });
    await wake(ref);
    expect((await documentOf(ref)).alarmAt).toBe(at);
    const sends = vi.spyOn(env.PUBLISH, "sendBatch");
    advance(at - Date.now() - 1);
    await wake(ref);
    expect(sends).not.toHaveBeenCalled();
    advance(1);
    await wake(ref);
    expect(sends).toHaveBeenCalledOnce();
  });

  it("fails never: with the database away it rings again", async () => {
    const ref = await accept();
    await wake(ref);
    advance(30 * SECOND);
    vi.spyOn(env.DB, "batch").mockRejectedValue(new Error("D1 is away"));
    vi.spyOn(env.DB, "prepare").mockImplementation(() => {
      throw new Error("D1 is away");
    });
    await expect(runDurableObjectAlarm(postObject(ref))).resolves.toBe(true);
    vi.restoreAllMocks();
    await drive(ref);
    expect(await shown()).toBe(1);
  });
});

describe("a consumer", () => {
  it("that dies before the commit is followed by another, within 45 seconds", async () => {
    const ref = await accept();
    await wake(ref);
    const { epoch } = await taskOf(ref, account);
    await calls(ref).begin({ accountId: account, part: "post" as const, epoch });
    const before = Date.now();
    await ringAlarm(ref);
    expect(Date.now() - before).toBeLessThanOrEqual(45 * SECOND);
    await drive(ref);
    expect(await shown()).toBe(1);
  });

  it("that dies with an armed commit is followed by readers alone; found absent, it is sent once more", async () => {
    const ref = await accept();
    await wake(ref);
    const { epoch } = await taskOf(ref, account);
    const begun = await calls(ref).begin({ accountId: account, part: "post" as const, epoch });
    if (begun.is !== "begin") throw new Error("not begun");
    const armedAt = Date.now();
    await calls(ref).arm(
      { accountId: account, part: "post" as const, epoch, lease: begun.lease },
      { version: 1, progress: { photos: [], absentAt: [] } },
    );
    // Nothing was sent. Before ten minutes have shown it absent twice, nobody sends it again.
    let shownAt = 0;
    await drive(ref, async () => {
      if (shownAt === 0 && (await shown()) > 0) shownAt = Date.now();
    });
    expect(await shown()).toBe(1);
    const { body } = await getPost(workspace, ref);
    expect(body.status).toBe("published");
    expect(Date.now() - armedAt).toBeGreaterThanOrEqual(10 * 60 * SECOND);
  });

  it("that slept through its permit sends nothing", async () => {
    const ref = await accept();
    await wake(ref);
    const services = servicesOf(env);
    const { posts } = services;
    let slept = false;
    vi.spyOn(services, "posts").mockImplementation((each) => ({
      ...callsOf(posts, each),
      arm: async (holder, commit) => {
        const permit = await posts(each).arm(holder, commit);
        slept = true;
        advance(11 * SECOND);
        return permit;
      },
    }));
    await deliverTask(ref, account);
    vi.restoreAllMocks();
    expect(slept).toBe(true);
    expect(await shown()).toBe(0);
    expect((await taskOf(ref, account)).armed).toBeNull();
    await drive(ref);
    expect(await shown()).toBe(1);
  });

  it("that comes back from the dead finds its lease gone", async () => {
    const ref = await accept();
    await wake(ref);
    const { epoch } = await taskOf(ref, account);
    const begun = await calls(ref).begin({ accountId: account, part: "post" as const, epoch });
    if (begun.is !== "begin") throw new Error("not begun");
    advance(46 * SECOND);
    await drive(ref);
    const zombie = { accountId: account, part: "post" as const, epoch, lease: begun.lease };
    expect(await calls(ref).arm(zombie, { version: 1, progress: {} })).toEqual({ is: "refused" });
    expect(await calls(ref).report(zombie, { is: "wait", progress: {}, until: 0 })).toEqual({ is: "stale" });
    expect(await shown()).toBe(1);
  });

  it("has nothing but its alarm until a consumer begins, and loses nothing with what it has in memory", async () => {
    const ref = await accept();
    await documentOf(ref);
    expect(await storedDocument(ref)).toBeUndefined();
    const message = await messageFor(ref, account);
    await evict(ref);
    // The message is lost as well: the alarm has it sent again.
    await ringAlarm(ref);
    expect((await storedDocument(ref))?.tasks).toMatchObject([{ status: "queued", sends: 1 }]);
    await deliver(message);
    await deliver(message);
    await drive(ref);
    expect(await shown()).toBe(1);
  });

  it("finds everything in storage after each eviction of the object", async () => {
    const instagram = await newAccount(workspace, "instagram", "slow_processing");
    const ref = await accept({ accounts: [instagram, account], media: [await newPicture(workspace)] });
    await drive(ref, () => evict(ref));
    expect(
      [await publicPosts(workspace, instagram), await publicPosts(workspace, account)].map((posts) => posts.length),
    ).toEqual([1, 1]);
  });
});

describe("the database away", () => {
  it("postpones a task and counts nothing", async () => {
    const ref = await accept();
    await wake(ref);
    const message = await messageFor(ref, account);
    const spy = vi.spyOn(env.DB, "batch").mockRejectedValue(new Error("D1 is away"));
    await deliver(message);
    spy.mockRestore();
    const task = (await storedDocument(ref))?.tasks[0];
    expect(task).toMatchObject({ status: "publishing", faults: 0, postponements: 1, error: null, armed: null });
    advance(31 * SECOND);
    await runDurableObjectAlarm(postObject(ref));
    await drive(ref);
    expect(await shown()).toBe(1);
  });

  it("delays what it is told, and nothing is lost", async () => {
    const ref = await accept();
    await wake(ref);
    const message = await messageFor(ref, account);
    const prepare = env.DB.prepare.bind(env.DB);
    // Reads of the consumer work; projections do not.
    const spy = vi.spyOn(env.DB, "prepare").mockImplementation((query) => {
      if (/UPDATE posts SET seq/.test(query)) throw new Error("D1 is away");
      return prepare(query);
    });
    await deliver(message);
    await vi.waitFor(async () => expect((await storedDocument(ref))?.tasks[0]?.status).toBe("published"));
    expect((await getPost(workspace, ref)).body.status).toBe("queued");
    spy.mockRestore();
    advance(31 * SECOND);
    await runDurableObjectAlarm(postObject(ref));
    await documentOf(ref);
    expect((await getPost(workspace, ref)).body.status).toBe("published");
    const { results } = await env.DB.prepare("SELECT type FROM events WHERE post_id = ?").bind(ref.postId).all();
    expect(results.map((row) => row.type).sort()).toEqual(["post.completed", "publish.completed"]);
  });
});

describe("what is told of a post", () => {
  it("is one event for each task and one for the post, once, however often it is told", async () => {
    const other = await newAccount(workspace, "facebook");
    const ref = await accept({ accounts: [account, other], content: "Not in events" });
    const document = await drive(ref);
    // The object forgets that the database knows: everything is told again.
    await storeDocument(ref, { ...document, projectedSeq: 0, projectAt: 0 });
    await wake(ref);
    await documentOf(ref);
    const { results } = await env.DB.prepare("SELECT id, type, body FROM events WHERE post_id = ?")
      .bind(ref.postId)
      .all();
    expect(results.map((row) => row.type).sort()).toEqual(["post.completed", "publish.completed", "publish.completed"]);
    for (const row of results) {
      const body = JSON.parse(String(row.body));
      expect(body).toMatchObject({
        type: row.type,
        timestamp: expect.stringMatching(/Z$/),
        data: { post_id: ref.postId, version: 1 },
      });
      expect(String(row.body)).not.toContain("Not in events");
    }
    const total = await env.DB.prepare("SELECT * FROM post_counts WHERE workspace_id = ?").bind(workspace.id).first();
    const real = await env.DB.prepare("SELECT status, count(*) AS n FROM posts WHERE workspace_id = ? GROUP BY status")
      .bind(workspace.id)
      .all<{ status: string; n: number }>();
    for (const { status, n } of real.results) expect(total?.[status]).toBe(n);
  });
});
