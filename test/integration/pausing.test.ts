import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { PublishMessage } from "../../src/post/messages.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import {
  advance,
  calls,
  deliver,
  deliverTask,
  documentOf,
  drive,
  getPost,
  holdTime,
  publicPosts,
  refOf,
  ringAlarm,
  taskOf,
  wake,
} from "./helpers/drive.ts";

/*
 * What people pause is held, whatever its time; what they resume says what becomes of what came due meanwhile.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let workspace: TestWorkspace;
let account: string;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
});
afterEach(async () => {
  vi.restoreAllMocks();
  await env.DB.prepare("DELETE FROM manual_pauses WHERE scope = 'deployment'").run();
});

async function accept(fields: Record<string, unknown> = {}): Promise<PostRef> {
  const accepted = await publish(workspace, { content: "Held?", accounts: [account], ...fields });
  if (accepted.status !== 202) throw new Error(accepted.text);
  return refOf(workspace, accepted);
}

interface Subject {
  path: string;
  key: string;
}
const ofAccount = (): Subject => ({ path: `/v1/accounts/${account}`, key: workspace.test });
const ofWorkspace = (): Subject => ({ path: "/v1/workspace", key: workspace.test });
const ofDeployment = (): Subject => ({ path: "/v1/deployment", key: env.ADMIN_TOKEN ?? "" });
const pause = ({ path, key }: Subject) => call("POST", `${path}/pause`, { key });
const look = ({ path, key }: Subject) => call("GET", `${path}/pause`, { key });

/** Resumes, and returns the messages by which held tasks were told. */
async function resume({ path, key }: Subject, body: unknown) {
  const told: PublishMessage[] = [];
  const spy = vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation(async (messages) => {
    for (const { body: message } of messages) told.push(message);
    return undefined as never;
  });
  const answer = await call("POST", `${path}/resume`, { key, body });
  spy.mockRestore();
  return { answer, told };
}

/** Publishes while it is paused. */
async function hold(fields: Record<string, unknown> = {}): Promise<PostRef> {
  const ref = await accept(fields);
  await wake(ref);
  await deliverTask(ref, account);
  expect((await getPost(workspace, ref)).body.tasks[0].error).toMatchObject({ code: "paused", retryable: true });
  return ref;
}

describe.each([
  ["an account", ofAccount],
  ["a workspace", ofWorkspace],
  ["the deployment", ofDeployment],
])("%s that is paused", (_name, subject) => {
  it("holds what comes due, for days, and sends it once it is resumed", async () => {
    const paused = await pause(subject());
    expect(paused.body).toMatchObject({ paused: true, overdue: [], overdue_total: 0, resumed_at: null });
    const ref = await hold();
    for (let day = 0; day < 5; day++) {
      advance(DAY);
      await wake(ref);
      await deliverTask(ref, account);
    }
    expect(await publicPosts(workspace, account)).toEqual([]);
    const overdue = (await look(subject())).body;
    expect(overdue.overdue).toContainEqual(expect.objectContaining({ post_id: ref.postId, account_id: account }));

    const { answer, told } = await resume(subject(), { overdue: "send" });
    expect(answer.body).toMatchObject({ paused: false, action: "send", paused_at: paused.body.paused_at });
    expect(answer.body.overdue).toContainEqual(expect.objectContaining({ post_id: ref.postId }));
    await deliver(...told.filter((message) => "post_id" in message && message.post_id === ref.postId));
    await drive(ref);
    expect(await publicPosts(workspace, account)).toHaveLength(1);
    expect((await getPost(workspace, ref)).body.tasks[0]).toMatchObject({ status: "published", error: null });
  });

  it("cancels what came due, when told so, also what nobody told", async () => {
    await pause(subject());
    const ref = await hold();
    await resume(subject(), { overdue: "cancel" });
    // It looks again by itself.
    await ringAlarm(ref);
    await deliverTask(ref, account);
    expect((await getPost(workspace, ref)).body.status).toBe("canceled");
    expect(await publicPosts(workspace, account)).toEqual([]);
    const { results } = await env.DB.prepare("SELECT type FROM events WHERE post_id = ?").bind(ref.postId).all();
    expect(results).toEqual([{ type: "post.canceled" }]);
  });

  it("moves what came due to another time, when told so", async () => {
    await pause(subject());
    const ref = await hold({ publish_before: new Date(Date.now() + HOUR).toISOString() });
    const to = new Date(Math.ceil((Date.now() + DAY) / 1_000) * 1_000).toISOString();
    await resume(subject(), { overdue: "reschedule", schedule: to });
    await ringAlarm(ref);
    await deliverTask(ref, account);
    const { body } = await getPost(workspace, ref);
    expect(body.tasks[0]).toMatchObject({ status: "queued", next_attempt_at: to.replace(".000Z", "Z"), error: null });
    expect(await publicPosts(workspace, account)).toEqual([]);
    await drive(ref);
    const [post] = await publicPosts(workspace, account);
    expect(Number(post?.createdAt)).toBeGreaterThanOrEqual(Date.parse(to));
  });
});

describe("a pause", () => {
  it("holds what came due in its last moments and was not looked at before it was lifted", async () => {
    await pause(ofAccount());
    const ref = await accept();
    await resume(ofAccount(), { overdue: "cancel" });
    await wake(ref);
    await deliverTask(ref, account);
    expect((await getPost(workspace, ref)).body.status).toBe("canceled");
  });

  it("that follows another does not undo what was decided at the end of that", async () => {
    await pause(ofAccount());
    const ref = await hold();
    await resume(ofAccount(), { overdue: "cancel" });
    await pause(ofAccount());
    await ringAlarm(ref);
    await deliverTask(ref, account);
    await resume(ofAccount(), { overdue: "send" });
    await ringAlarm(ref);
    await deliverTask(ref, account);
    expect((await getPost(workspace, ref)).body.status).toBe("canceled");
    expect(await publicPosts(workspace, account)).toEqual([]);
  });

  it("lists what it holds itself, and not what another does", async () => {
    await pause(ofAccount());
    const ref = await hold();
    expect((await look(ofWorkspace())).body).toMatchObject({ paused: false, overdue_total: 0, overdue: [] });
    expect((await look(ofAccount())).body).toMatchObject({ overdue_total: 1 });
    await call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.test });
  });

  it("moves publish_before along with what its end moves, also a second time", async () => {
    await pause(ofAccount());
    const ref = await hold({ publish_before: new Date(Date.now() + 2 * HOUR).toISOString() });
    const window = async () => {
      const { publishBefore, rescheduledTo } = await taskOf(ref, account);
      return Number(publishBefore) - Number(rescheduledTo);
    };
    const before = Number((await taskOf(ref, account)).publishBefore) - (await documentOf(ref)).scheduledAt;
    for (const ahead of [DAY, 3 * DAY]) {
      const schedule = new Date(Math.ceil((Date.now() + ahead) / 1_000) * 1_000).toISOString();
      await resume(ofAccount(), { overdue: "reschedule", schedule });
      await ringAlarm(ref);
      await deliverTask(ref, account);
      expect(await window()).toBe(before);
      const shown = Date.parse((await getPost(workspace, ref)).body.publish_before);
      expect(shown - Date.parse(schedule)).toBe(Math.floor(before / 1_000) * 1_000);
      await pause(ofAccount());
      await ringAlarm(ref);
      await deliverTask(ref, account);
    }
    await call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.test });
  });

  it("does not concern what comes due after it", async () => {
    await pause(ofAccount());
    const later = await accept({ schedule: new Date(Date.now() + HOUR).toISOString() });
    await resume(ofAccount(), { overdue: "cancel" });
    await wake(later);
    await ringAlarm(later);
    await drive(later);
    expect(await publicPosts(workspace, account)).toHaveLength(1);
  });

  it("that begins while a task is at work stops it before its commit", async () => {
    const ref = await accept();
    await wake(ref);
    // The consumer takes its time after it was told that nothing is paused.
    const real = env.DB.batch.bind(env.DB);
    let isPaused = false;
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      const loaded = await real(statements);
      if (!isPaused && statements.length === 5) {
        isPaused = true;
        await pause(ofAccount());
        advance(3_000);
      }
      return loaded as never;
    });
    await deliverTask(ref, account);
    vi.restoreAllMocks();
    expect(isPaused).toBe(true);
    expect((await taskOf(ref, account)).pausedBy).toHaveLength(1);
    expect(await publicPosts(workspace, account)).toEqual([]);
    await call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.test });
  });

  it("does not keep an armed commit from being settled", async () => {
    account = await newAccount(workspace, "facebook", "lost_answer");
    const ref = await accept();
    await wake(ref);
    await deliverTask(ref, account);
    expect((await taskOf(ref, account)).armed).not.toBe(null);
    await pause(ofAccount());
    await drive(ref);
    expect((await getPost(workspace, ref)).body.status).toBe("published");
  });

  it("counts no bound but publish_before", async () => {
    await pause(ofAccount());
    const ref = await hold({ publish_before: new Date(Date.now() + HOUR).toISOString() });
    advance(2 * HOUR);
    await wake(ref);
    expect((await documentOf(ref)).tasks[0]).toMatchObject({ status: "failed", error: { code: "missed_window" } });
  });

  it("is shown with the account, and warned of by publish", async () => {
    const paused = await pause(ofAccount());
    expect((await pause(ofAccount())).body.paused_at).toBe(paused.body.paused_at);
    const shown = await call("GET", `/v1/accounts/${account}`, { key: workspace.test });
    expect(shown.body.paused_at).toBe(paused.body.paused_at);
    const accepted = await publish(workspace, { content: "x", accounts: [account] });
    expect(accepted.body.warnings).toEqual([expect.stringContaining("is paused")]);
    await call("DELETE", `/v1/posts/${accepted.body.id}`, { key: workspace.test });
  });

  it("is one when several ask for it, or for its end, in one moment, and each is answered again by its own key", async () => {
    vi.spyOn(env.IDEMPOTENCY, "get").mockResolvedValue(null as never);
    const keys = ["one", "two", "three"];
    const send = (path: string, body?: unknown) =>
      Promise.all(
        keys.map((key) =>
          call("POST", `/v1/accounts/${account}/${path}`, {
            key: workspace.test,
            headers: { "Idempotency-Key": `${path} ${key}` },
            ...(body === undefined ? {} : { body }),
          }),
        ),
      );
    const paused = await send("pause");
    expect(paused.map(({ status, body }) => [status, body.paused])).toEqual(keys.map(() => [200, true]));
    const resumed = await send("resume", { overdue: "send" });
    expect(resumed.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    for (const [before, after] of [
      [paused, await send("pause")],
      [resumed, await send("resume", { overdue: "send" })],
    ] as const) {
      expect(after.map(({ text }) => text)).toEqual(before.map(({ text }) => text));
      expect(after.map(({ headers }) => headers.get("Idempotent-Replayed"))).toEqual(keys.map(() => "true"));
    }
    expect((await look(ofAccount())).body.paused).toBe(false);
    const { results } = await env.DB.prepare(
      "SELECT action, details FROM audit_log WHERE workspace_id = ? AND target = ? AND action <> 'account.connected'",
    )
      .bind(workspace.id, account)
      .all();
    expect(results).toEqual([
      { action: "account.paused", details: null },
      { action: "account.resumed", details: '{"overdue":"send","held":0}' },
    ]);
  });

  it("of one account holds no other, of one mode not the other mode's", async () => {
    const other = await newAccount(workspace, "facebook");
    await pause(ofAccount());
    await call("POST", "/v1/workspace/pause", { key: workspace.live });
    const ref = await accept({ accounts: [other] });
    await drive(ref);
    expect(await publicPosts(workspace, other)).toHaveLength(1);
  });

  it.each<[string, unknown, string]>([
    ["says nothing", {}, "overdue"],
    ["says what nobody knows", { overdue: "perhaps" }, "overdue"],
    ["moves to no time", { overdue: "reschedule" }, "schedule"],
    ["moves to the past", { overdue: "reschedule", schedule: "2020-01-01T00:00:00Z" }, "schedule"],
    ["sends at a time", { overdue: "send", schedule: "2040-01-01T00:00:00Z" }, "schedule"],
  ])("is not lifted by a resume that %s", async (_name, body, field) => {
    await pause(ofAccount());
    const { answer } = await resume(ofAccount(), body);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
    expect((await look(ofAccount())).body.paused).toBe(true);
  });

  it("that is none cannot be lifted, and is nobody else's to make", async () => {
    const { answer } = await resume(ofAccount(), { overdue: "send" });
    expect([answer.status, answer.body.error.code]).toEqual([409, "conflict"]);
    const other = await newWorkspace();
    expect((await pause({ ...ofAccount(), key: other.test })).status).toBe(404);
    expect((await pause({ ...ofAccount(), key: workspace.live })).status).toBe(404);
    expect((await pause({ ...ofDeployment(), key: workspace.live })).status).toBe(403);
    expect((await pause({ ...ofWorkspace(), key: env.ADMIN_TOKEN ?? "" })).status).toBe(403);
  });

  it("is heeded by whoever holds the task alone", async () => {
    const ref = await accept();
    await wake(ref);
    const stranger = { accountId: account, part: "post" as const, epoch: 1, lease: 99 };
    const rows = [
      { scope: "deployment", id: "p", pausedAt: 0, liftedAt: null, liftedBy: null, overdue: null, rescheduleTo: null },
    ];
    expect(await calls(ref).heedPauses(stranger, rows)).toEqual({ is: "stop" });
    expect((await taskOf(ref, account)).pausedBy).toEqual([]);
    await drive(ref);
  });
});
