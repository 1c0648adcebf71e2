import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import {
  advance,
  calls,
  deliverTask,
  documentOf,
  drive,
  getPost,
  holdTime,
  messageFor,
  publicPosts,
  refOf,
  ringAlarm,
  taskOf,
  wake,
} from "./helpers/drive.ts";

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

const cancel = (accepted: Answer) => call("DELETE", `/v1/posts/${accepted.body.id}`, { key: workspace.test });
const inAnHour = () => new Date(Date.now() + HOUR).toISOString();

async function schedule(): Promise<{ accepted: Answer; ref: ReturnType<typeof refOf> }> {
  const accepted = await publish(workspace, { content: "Cancel me", accounts: [account], schedule: inAnHour() });
  return { accepted, ref: refOf(workspace, accepted) };
}

describe("a scheduled post that is canceled", () => {
  it("is canceled at once, and again is as good", async () => {
    const { accepted, ref } = await schedule();
    for (let i = 0; i < 2; i++) {
      const answer = await cancel(accepted);
      expect([answer.status, answer.text]).toEqual([200, '{"success":true}']);
      const { body } = await getPost(workspace, ref);
      expect([body.status, body.tasks[0].status]).toEqual(["canceled", "canceled"]);
    }
  });

  it("never becomes public, whatever was on its way", async () => {
    const { accepted, ref } = await schedule();
    await wake(ref);
    const message = await messageFor(ref, account);
    await cancel(accepted);
    advance(2 * HOUR);
    const { deliver } = await import("./helpers/drive.ts");
    await deliver(message, message);
    await ringAlarm(ref);
    await wake(ref);
    expect(await publicPosts(workspace, account)).toEqual([]);
    expect((await getPost(workspace, ref)).body.status).toBe("canceled");
  });

  it("may be canceled before its object was ever touched", async () => {
    const { accepted, ref } = await schedule();
    const [canceled] = await Promise.all([cancel(accepted), wake(ref)]);
    expect(canceled.status).toBe(200);
    expect((await documentOf(ref)).tasks[0]?.status).toBe("canceled");
  });

  it("is told of once", async () => {
    const { accepted, ref } = await schedule();
    await cancel(accepted);
    await cancel(accepted);
    const { results } = await env.DB.prepare("SELECT type, body FROM events WHERE post_id = ?").bind(ref.postId).all();
    expect(results.map((row) => row.type)).toEqual(["post.canceled"]);
    expect(String(results[0]?.body)).not.toContain("Cancel me");
  });
});

describe("cancel against fire", () => {
  it("a cancel that comes before the commit is armed wins, also over a consumer at work", async () => {
    const { accepted, ref } = await schedule();
    await wake(ref);
    advance(HOUR);
    await ringAlarm(ref);
    const { epoch } = await taskOf(ref, account);
    const begun = await calls(ref).begin({ accountId: account, part: "post" as const, epoch });
    if (begun.is !== "begin") throw new Error("not begun");
    expect((await cancel(accepted)).status).toBe(200);
    const holder = { accountId: account, part: "post" as const, epoch, lease: begun.lease };
    expect(await calls(ref).arm(holder, { version: 1, progress: {} })).toEqual({ is: "refused" });
    expect(await publicPosts(workspace, account)).toEqual([]);
  });

  it("a cancel that comes after the commit is armed is a conflict, and the post goes out", async () => {
    const { accepted, ref } = await schedule();
    await wake(ref);
    advance(HOUR);
    await ringAlarm(ref);
    const { epoch } = await taskOf(ref, account);
    const begun = await calls(ref).begin({ accountId: account, part: "post" as const, epoch });
    if (begun.is !== "begin") throw new Error("not begun");
    const holder = { accountId: account, part: "post" as const, epoch, lease: begun.lease };
    const permit = await calls(ref).arm(holder, { version: 1, progress: { photos: [], absentAt: [] } });
    if (permit.is !== "permit") throw new Error("not armed");
    const conflict = await cancel(accepted);
    expect([conflict.status, conflict.body.error.code]).toEqual([409, "conflict"]);
    expect((await getPost(workspace, ref)).body.status).toBe("publishing");

    // Its sender finds that its permit ran out: then it may be canceled again.
    await calls(ref).report(holder, { is: "not_sent", attempt: permit.attempt });
    expect((await cancel(accepted)).status).toBe(200);
  });

  it("both at once: either it is canceled and not public, or refused and public", async () => {
    for (let round = 0; round < 10; round++) {
      const { accepted, ref } = await schedule();
      await wake(ref);
      advance(HOUR);
      await ringAlarm(ref);
      const before = (await publicPosts(workspace, account)).length;
      const [answer] = await Promise.all([cancel(accepted), deliverTask(ref, account)]);
      await drive(ref);
      const after = (await publicPosts(workspace, account)).length;
      const { status } = (await getPost(workspace, ref)).body;
      if (answer.status === 200) expect([status, after - before]).toEqual(["canceled", 0]);
      else expect([answer.status, status, after - before]).toEqual([409, "published", 1]);
    }
  });
});

it("a published post cannot be canceled", async () => {
  const accepted = await publish(workspace, { content: "Out", accounts: [account] });
  await drive(refOf(workspace, accepted));
  const answer = await cancel(accepted);
  expect([answer.status, answer.body.error]).toMatchObject([
    409,
    { code: "conflict", message: "This post is already published and cannot be canceled." },
  ]);
});

it("an unknown post is 404", async () => {
  const answer = await call("DELETE", "/v1/posts/post_missing", { key: workspace.test });
  expect([answer.status, answer.body.error]).toMatchObject([
    404,
    { code: "not_found", message: "Post does not exist in this workspace." },
  ]);
});
