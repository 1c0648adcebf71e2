import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import {
  advance,
  calls,
  deliver,
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

/*
 * `publish_before`: what did not go out by then does not go out at all.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let workspace: TestWorkspace;
let account: string;
beforeAll(async () => {
  workspace = await newWorkspace();
});
beforeEach(async () => {
  holdTime();
  account = await newAccount(workspace, "facebook");
});

const iso = (ahead: number) => new Date(Math.ceil((Date.now() + ahead) / 1_000) * 1_000).toISOString();

async function accept(fields: Record<string, unknown>): Promise<PostRef> {
  const accepted = await publish(workspace, { content: "Flash sale", accounts: [account], ...fields });
  if (accepted.status !== 202) throw new Error(accepted.text);
  return refOf(workspace, accepted);
}

describe("a post with publish_before", () => {
  it("goes out as ever when it is in time", async () => {
    const ref = await accept({ publish_before: iso(HOUR) });
    await drive(ref);
    expect((await getPost(workspace, ref)).body).toMatchObject({ status: "published" });
  });

  it("fails with missed_window when its time has passed, and nothing goes out, whatever arrives late", async () => {
    const ref = await accept({ publish_before: iso(HOUR) });
    await wake(ref);
    const message = await messageFor(ref, account);
    advance(2 * HOUR);
    await deliver(message);
    await wake(ref);
    const { body } = await getPost(workspace, ref);
    expect([body.status, body.tasks[0].error.code, body.tasks[0].error.retryable]).toEqual([
      "failed",
      "missed_window",
      false,
    ]);
    expect(await publicPosts(workspace, account)).toEqual([]);
    const { results } = await env.DB.prepare("SELECT type FROM events WHERE post_id = ?").bind(ref.postId).all();
    expect(results.map(({ type }) => type).sort()).toEqual(["post.completed", "publish.failed"]);
  });

  it("ends by itself at that moment, also while a platform is out of order", async () => {
    account = await newAccount(workspace, "facebook", "token_expired");
    const ref = await accept({ publish_before: iso(HOUR) });
    await wake(ref);
    await deliver(await messageFor(ref, account));
    expect((await taskOf(ref, account)).error?.code).toBe("account_needs_reconnect");
    advance(HOUR + 1_000);
    expect(await ringAlarm(ref)).toBe(true);
    const { tasks } = await documentOf(ref);
    expect(tasks[0]).toMatchObject({ status: "failed", error: { code: "missed_window" } });
  });

  it("whose commit may be public is settled all the same", async () => {
    account = await newAccount(workspace, "facebook", "lost_answer");
    const ref = await accept({ publish_before: iso(MINUTE) });
    await wake(ref);
    await deliver(await messageFor(ref, account));
    expect((await taskOf(ref, account)).armed).not.toBe(null);
    advance(HOUR);
    await drive(ref);
    expect((await getPost(workspace, ref)).body.status).toBe("published");
  });

  it("is given no permit that reaches beyond it", async () => {
    const ref = await accept({ publish_before: iso(5_000) });
    await wake(ref);
    const { epoch } = await taskOf(ref, account);
    const begun = await calls(ref).begin({ accountId: account, part: "post", epoch });
    if (begun.is !== "begin") throw new Error("not begun");
    const holder = { accountId: account, part: "post" as const, epoch, lease: begun.lease };
    const permit = await calls(ref).arm(holder, { version: 1, progress: { photos: [], absentAt: [] } });
    const { publishBefore } = await taskOf(ref, account);
    expect(permit).toMatchObject({ is: "permit", until: publishBefore });
    if (permit.is === "permit") await calls(ref).report(holder, { is: "not_sent", attempt: permit.attempt });
    advance(HOUR);
    await wake(ref);
    expect((await documentOf(ref)).tasks[0]?.error?.code).toBe("missed_window");
  });

  it("is refused when that is before its time", async () => {
    const body = { content: "x", accounts: [account], schedule: iso(HOUR), publish_before: iso(MINUTE) };
    const answer = await publish(workspace, body);
    expect([answer.status, answer.body.error.field]).toEqual([400, "publish_before"]);
    expect((await publish(workspace, { ...body, publish_before: "soon" })).body.error.field).toBe("publish_before");
  });
});

describe("the workspace's default", () => {
  const settings = (method: string, body?: unknown) =>
    call(method, "/v1/workspace", { key: workspace.test, ...(body === undefined ? {} : { body }) });

  it("is what a post has that does not say so itself", async () => {
    expect((await settings("GET")).body).toMatchObject({ id: workspace.id, publish_within_seconds: null });
    expect((await settings("PATCH", { publish_within_seconds: 1_800 })).body.publish_within_seconds).toBe(1_800);
    const [byDefault, never] = [await accept({}), await accept({ publish_before: null })];
    const { body } = await getPost(workspace, byDefault);
    expect(Date.parse(body.publish_before) - Date.parse(body.scheduled_at)).toBe(30 * MINUTE);
    expect((await getPost(workspace, never)).body.publish_before).toBe(null);
    expect((await settings("PATCH", { publish_within_seconds: null })).body.publish_within_seconds).toBe(null);
    await drive(byDefault);
    await drive(never);
  });

  it.each([[{}], [{ publish_within_seconds: 5 }], [{ publish_within_seconds: "1800" }], [{ other: 1 }]])(
    "refuses %j",
    async (body) => {
      const answer = await settings("PATCH", body);
      expect([answer.status, answer.body.error.code]).toEqual([400, "validation_error"]);
    },
  );
});
