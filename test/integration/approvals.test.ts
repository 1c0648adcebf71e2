import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settingsOf } from "../../src/env.ts";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import { readReviewLink } from "../../src/post/review-link.ts";
import type { Answer, TestKey, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace, publish } from "./helpers/api.ts";
import { advance, documentOf, drive, holdTime, refOf, ringAlarm, wake } from "./helpers/drive.ts";

const HOUR = 3_600_000;

let workspace: TestWorkspace;
let account: string;
let approver: TestKey;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
  approver = await newKey(workspace, { scopes: ["posts:read", "approvals:write"] });
});
afterEach(() => vi.restoreAllMocks());

const inAnHour = () => new Date(Date.now() + HOUR).toISOString();
const ask = (fields: Record<string, unknown> = {}) =>
  publish(workspace, { content: "Hello", accounts: [account], schedule: inAnHour(), approval: true, ...fields });
const read = async ({ postId }: PostRef) => (await call("GET", `/v1/posts/${postId}`, { key: workspace.test })).body;
const approve = ({ postId }: PostRef, body: object = {}, key = approver.key): Promise<Answer> =>
  call("POST", `/v1/posts/${postId}/approve`, { key, body });
const reject = ({ postId }: PostRef, body: object = {}, key = approver.key): Promise<Answer> =>
  call("POST", `/v1/posts/${postId}/reject`, { key, body });
const setPolicy = (approvals: string) =>
  env.DB.prepare("UPDATE workspaces SET approvals = ? WHERE id = ?").bind(approvals, workspace.id).run();

async function eventsOf({ postId }: PostRef) {
  const { results } = await env.DB.prepare("SELECT type, body FROM events WHERE post_id = ? ORDER BY created_at, id")
    .bind(postId)
    .all<{ type: string; body: string }>();
  return results.map(({ type, body }) => ({ type, ...JSON.parse(body) }));
}

async function pending(fields: Record<string, unknown> = {}): Promise<PostRef> {
  const ref = refOf(workspace, await ask(fields));
  await wake(ref);
  await documentOf(ref);
  return ref;
}

describe("a post that asks for approval", () => {
  it("is answered as waiting, shown so, and does not go out at its time", async () => {
    const answer = await ask({ approval: { comment: "Please look at the date" } });
    expect([answer.status, answer.body.status, answer.body.tasks[0].status]).toEqual([
      202,
      "awaiting_approval",
      "awaiting_approval",
    ]);
    const ref = refOf(workspace, answer);
    await wake(ref);
    advance(2 * HOUR);
    await wake(ref);
    expect((await documentOf(ref)).tasks).toMatchObject([{ status: "queued", sends: 0 }]);
    expect(await read(ref)).toMatchObject({
      status: "awaiting_approval",
      approval: { state: "pending", comment: "Please look at the date", decided_by: null },
    });
    const listed = await call("GET", "/v1/posts?status=awaiting_approval", { key: workspace.test });
    expect([listed.body.total, listed.body.posts[0].id]).toEqual([1, ref.postId]);
  });

  it("is told of once, with a link that is for this asking", async () => {
    const ref = await pending();
    await wake(ref);
    await documentOf(ref);
    const [told, ...others] = await eventsOf(ref);
    expect([told.type, others]).toEqual(["approval.requested", []]);
    expect(told.data).toMatchObject({
      post_id: ref.postId,
      status: "awaiting_approval",
      tasks: [{ account_id: account }],
      approval: { state: "pending", expires_at: null },
    });
    expect(told.data.approval.requested_by).toMatch(/^key_/);
    const token = told.data.link.split("/").at(-1);
    const now = async () => Date.now();
    expect(await readReviewLink(settingsOf(env as never), token, now)).toEqual({ ...ref, round: 1 });
    expect(await readReviewLink(settingsOf(env as never), `${token}x`, now)).toBeNull();
    const later = async () => Date.now() + 15 * 24 * HOUR;
    expect(await readReviewLink(settingsOf(env as never), token, later)).toBeNull();
  });

  it("goes out at its time once another key approved", async () => {
    const ref = await pending();
    const answer = await approve(ref, { comment: "Fine" });
    expect([answer.status, answer.body.status]).toEqual([200, "queued"]);
    expect(answer.body.approval).toMatchObject({ state: "approved", decided_by: approver.id, reason: "Fine" });
    await drive(ref);
    expect((await read(ref)).status).toBe("published");
    expect((await eventsOf(ref)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(["approval.requested", "approval.approved", "publish.completed"]),
    );
    const { entries } = (await call("GET", `/v1/posts/${ref.postId}/timeline`, { key: workspace.test })).body;
    expect(entries).toContainEqual(
      expect.objectContaining({
        type: "approved",
        outcome: "Fine",
        actor: { type: "api_key", id: approver.id, name: "A key" },
      }),
    );
  });

  it("cannot be approved or rejected by the key that asked", async () => {
    const key = await newKey(workspace);
    const schedule = inAnHour();
    const body = { content: "Hello", accounts: [account], schedule, approval: true };
    const ref = refOf(workspace, await call("POST", "/v1/publish", { key: key.key, body }));
    for (const decide of [approve, reject]) {
      const answer = await decide(ref, {}, key.key);
      expect([answer.status, answer.body.error.code]).toEqual([403, "forbidden"]);
    }
    expect((await read(ref)).status).toBe("awaiting_approval");
    expect((await approve(ref, {}, approver.key)).status).toBe(200);
  });

  it("is canceled by a rejection, with the reason, and told of", async () => {
    const ref = await pending();
    const answer = await reject(ref, { reason: "Wrong picture" });
    expect([answer.body.status, answer.body.approval.reason]).toEqual(["canceled", "Wrong picture"]);
    expect(new Set((await eventsOf(ref)).map(({ type }) => type))).toEqual(
      new Set(["approval.requested", "approval.rejected", "post.canceled"]),
    );
    const again = await approve(ref);
    expect([again.status, again.body.error.message]).toEqual([409, "This post was rejected already."]);
  });

  it("is decided on once, whoever comes first", async () => {
    const ref = await pending();
    const keys = await Promise.all([1, 2, 3, 4].map(() => newKey(workspace)));
    const answers = await Promise.all(keys.map(({ key }, index) => (index % 2 ? approve : reject)(ref, {}, key)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  it("whose time has passed needs a new time, or an explicit now", async () => {
    const ref = await pending();
    advance(2 * HOUR);
    const refused = await approve(ref);
    expect([refused.status, refused.body.error.field]).toEqual([409, "schedule"]);
    const past = await approve(ref, { schedule: new Date(Date.now() - HOUR).toISOString() });
    expect([past.status, past.body.error.field]).toEqual([400, "schedule"]);
    expect((await approve(ref, { schedule: "now" })).body.status).toBe("queued");
    await drive(ref);
    expect((await read(ref)).status).toBe("published");
  });

  it("moves to the time that whoever approves gives it", async () => {
    const ref = await pending();
    const schedule = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 5 * HOUR).toISOString().replace(".000", "");
    expect((await approve(ref, { schedule })).body.scheduled_at).toBe(schedule);
    advance(2 * HOUR);
    await wake(ref);
    expect((await documentOf(ref)).tasks).toMatchObject([{ status: "queued", sends: 0 }]);
  });

  it("is canceled when nobody decides in time", async () => {
    const ref = await pending({
      approval: { expires_at: inAnHour() },
      schedule: new Date(Date.now() + 9 * HOUR).toISOString(),
    });
    advance(HOUR + 1);
    await ringAlarm(ref);
    await documentOf(ref);
    expect(await read(ref)).toMatchObject({ status: "canceled", approval: { state: "expired", decided_by: null } });
    expect(new Set((await eventsOf(ref)).map(({ type }) => type))).toEqual(
      new Set(["approval.requested", "approval.expired", "post.canceled"]),
    );
  });

  it("asks again when it is changed, and who has seen the old version is told", async () => {
    const ref = await pending();
    await approve(ref);
    const path = `/v1/posts/${ref.postId}`;
    const changed = await call("PATCH", path, { key: workspace.test, body: { content: "Otherwise" } });
    expect([changed.status, changed.body.status, changed.body.approval.state]).toEqual([
      200,
      "awaiting_approval",
      "pending",
    ]);
    await ringAlarm(ref);
    await documentOf(ref);
    expect((await eventsOf(ref)).filter(({ type }) => type === "approval.requested")).toHaveLength(2);
    const stale = await call("POST", `${path}/approve`, {
      key: approver.key,
      body: {},
      headers: { "If-Match": '"1"' },
    });
    expect([stale.status, stale.body.error.code]).toEqual([409, "version_conflict"]);
    expect((await approve(ref)).body.status).toBe("queued");
  });

  it("can be canceled, and is gone for whoever would approve", async () => {
    const ref = await pending();
    expect((await call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.test })).status).toBe(200);
    expect((await approve(ref)).status).toBe(409);
  });

  it("is refused for an expiry that has passed", async () => {
    const answer = await ask({ approval: { expires_at: new Date(Date.now() - HOUR).toISOString() } });
    expect([answer.status, answer.body.error.field]).toEqual([400, "approval.expires_at"]);
  });
});

describe("a workspace's setting", () => {
  it("all_posts has every post wait, those of a bulk too", async () => {
    await setPolicy("all_posts");
    expect((await ask({ approval: undefined })).body.status).toBe("awaiting_approval");
    const line = JSON.stringify({ content: "Bulk", accounts: [account], schedule: inAnHour() });
    const headers = { "Content-Type": "application/x-ndjson" };
    const bulk = await call("POST", "/v1/publish/bulk", { key: workspace.test, headers, body: `${line}\n${line}\n` });
    expect(bulk.body.results.map((each: { post: { status: string } }) => each.post.status)).toEqual([
      "awaiting_approval",
      "awaiting_approval",
    ]);
  });

  it("keys has those of marked keys wait, and of no others", async () => {
    await setPolicy("keys");
    const marked = await newKey(workspace, { needs_approval: true });
    const body = { content: "Hello", accounts: [account], schedule: inAnHour() };
    const statusFor = async (key: string) => (await call("POST", "/v1/publish", { key, body })).body.status;
    expect([await statusFor(marked.key), await statusFor(workspace.test)]).toEqual(["awaiting_approval", "queued"]);
    await setPolicy("off");
    expect(await statusFor(marked.key)).toBe("queued");
  });

  it("a bulk may have some that wait and some that do not", async () => {
    const lines = [true, undefined].map((approval) =>
      JSON.stringify({ content: "Mixed", accounts: [account], schedule: inAnHour(), approval }),
    );
    const headers = { "Content-Type": "application/x-ndjson" };
    const bulk = await call("POST", "/v1/publish/bulk", { key: workspace.test, headers, body: lines.join("\n") });
    expect(bulk.body.results.map((each: { post: { status: string } }) => each.post.status)).toEqual([
      "awaiting_approval",
      "queued",
    ]);
  });

  it("is not evaded: a marked key makes marked keys alone, and cannot unmark itself", async () => {
    const marked = await newKey(workspace, { needs_approval: true });
    const body = { name: "Another", scopes: ["posts:write"] };
    const made = await call("POST", "/v1/api-keys", { key: marked.key, body });
    expect([made.status, made.body.error.field]).toEqual([400, "needs_approval"]);
    const own = `/v1/api-keys/${marked.id}`;
    const unmarked = await call("PATCH", own, { key: marked.key, body: { needs_approval: false } });
    expect([unmarked.status, unmarked.body.error.field]).toEqual([400, "needs_approval"]);
    const well = await call("POST", "/v1/api-keys", { key: marked.key, body: { ...body, needs_approval: true } });
    expect([well.status, well.body.needs_approval]).toEqual([201, true]);
  });
});
