import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import {
  advance,
  calls,
  deliver,
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

/*
 * A post is changed while nothing of it is, or may be, public.
 */

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

const at = (ahead: number) => new Date(Math.ceil((Date.now() + ahead) / 1_000) * 1_000);
const printed = (date: Date) => date.toISOString().replace(".000Z", "Z");

async function schedule(fields: Record<string, unknown> = {}): Promise<PostRef> {
  const body = { content: "Before", accounts: [account], schedule: at(HOUR).toISOString(), ...fields };
  const accepted = await publish(workspace, body);
  if (accepted.status !== 202) throw new Error(accepted.text);
  return refOf(workspace, accepted);
}

const edit = (ref: PostRef, body: unknown, headers: Record<string, string> = {}, key = workspace.test) =>
  call("PATCH", `/v1/posts/${ref.postId}`, { key, body, headers });

/** Drives a post that is scheduled to its end. */
async function publishAll(ref: PostRef): Promise<void> {
  await wake(ref);
  await ringAlarm(ref);
  await drive(ref);
}

describe("an edit", () => {
  it("changes text, media, options and time, counts a version, and that is what goes out", async () => {
    const instagram = await newAccount(workspace, "instagram");
    const ref = await schedule({ accounts: [account, instagram], media: [await newPicture(workspace)] });
    await wake(ref);
    const media = await newPicture(workspace);
    const time = at(2 * HOUR);
    const options = { facebook: { first_comment: "A comment" } };
    const answer = await edit(ref, { content: "After", media: [media], schedule: time.toISOString(), options });
    expect([answer.status, answer.headers.get("ETag")]).toEqual([200, '"2"']);
    expect(answer.body).toMatchObject({
      content: "After",
      media: [media],
      version: 2,
      status: "queued",
      scheduled_at: printed(time),
    });
    expect((await getPost(workspace, ref)).body).toEqual({
      ...answer.body,
      tasks: answer.body.tasks.map((task: object) => expect.objectContaining(task)),
    });
    advance(HOUR + 60_000);
    await ringAlarm(ref).catch(() => false);
    expect(await publicPosts(workspace, account)).toHaveLength(0);
    await publishAll(ref);
    const [onPage] = await publicPosts(workspace, account);
    expect([onPage?.text, onPage?.comments.map((comment) => comment.text)]).toEqual(["After", ["A comment"]]);
    expect((await publicPosts(workspace, instagram)).map((post) => post.text)).toEqual(["After"]);
    expect((await getPost(workspace, ref)).body).toMatchObject({ status: "published", version: 2, content: "After" });
  });

  it("while a message is in flight: the message does not count any more, and neither does who took it", async () => {
    const ref = await schedule({ schedule: "now" });
    await wake(ref);
    const message = await messageFor(ref, account);
    const { epoch } = await taskOf(ref, account);
    const begun = await calls(ref).begin({ accountId: account, part: "post", epoch });
    if (begun.is !== "begin") throw new Error("not begun");
    expect((await edit(ref, { content: "After" })).status).toBe(200);
    const holder = { accountId: account, part: "post" as const, epoch, lease: begun.lease };
    expect(await calls(ref).arm(holder, { version: 1, progress: {} })).toEqual({ is: "refused" });
    await deliver(message, message);
    expect(await publicPosts(workspace, account)).toHaveLength(0);
    await drive(ref);
    expect((await publicPosts(workspace, account)).map((post) => post.text)).toEqual(["After"]);
  });

  it("of a version that is not the last any more loses", async () => {
    const ref = await schedule();
    const tag = (await getPost(workspace, ref)).headers.get("ETag") ?? "";
    expect(tag).toBe('"1"');
    const answers = await Promise.all([
      edit(ref, { content: "One" }, { "If-Match": tag }),
      edit(ref, { content: "Two" }, { "If-Match": tag }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const loser = answers.find(({ status }) => status === 409);
    expect(loser?.body.error).toMatchObject({
      code: "version_conflict",
      message: expect.stringContaining("version 2"),
    });
    const winner = answers.find(({ status }) => status === 200);
    expect((await getPost(workspace, ref)).body.content).toBe(winner?.body.content);
    // What the loser wanted to say is not kept.
    const { results } = await env.DB.prepare("SELECT id FROM post_contents WHERE post_id = ?").bind(ref.postId).all();
    expect(results).toHaveLength(2);
  });

  it("moves publish_before along with the time, unless it says otherwise", async () => {
    const [from, to] = [at(HOUR), at(3 * HOUR)];
    const ref = await schedule({ schedule: from.toISOString(), publish_before: new Date(+from + HOUR).toISOString() });
    const moved = await edit(ref, { schedule: to.toISOString() });
    expect(moved.body.publish_before).toBe(printed(new Date(+to + HOUR)));
    expect((await edit(ref, { publish_before: null })).body.publish_before).toBe(null);
  });

  it("of a post that failed is what its retry publishes", async () => {
    const ref = await schedule({ accounts: [await newAccount(workspace, "facebook", "held_by_platform")] });
    await publishAll(ref);
    expect((await getPost(workspace, ref)).body.status).toBe("failed");
    const edited = await edit(ref, { content: "Better" });
    expect([edited.status, edited.body.status, edited.body.version]).toEqual([200, "failed", 2]);
    expect((await call("POST", `/v1/posts/${ref.postId}/retry`, { key: workspace.test })).status).toBe(200);
    expect((await documentOf(ref)).tasks[0]).toMatchObject({ round: 2 });
    await drive(ref);
  });

  it.each<[string, (ref: PostRef) => Promise<unknown>, string]>([
    ["that is published", (ref) => publishAll(ref), "published"],
    ["that is canceled", (ref) => call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.test }), "canceled"],
  ])("of a post %s is a conflict", async (_name, prepare, word) => {
    const ref = await schedule();
    await prepare(ref);
    const answer = await edit(ref, { content: "Too late" });
    expect([answer.status, answer.body.error.code]).toEqual([409, "conflict"]);
    expect(answer.body.error.message).toContain(word);
    expect((await getPost(workspace, ref)).body.content).toBe("Before");
  });

  it("of a post whose commit is armed is a conflict", async () => {
    const ref = await schedule({ schedule: "now" });
    await wake(ref);
    const { epoch } = await taskOf(ref, account);
    const begun = await calls(ref).begin({ accountId: account, part: "post", epoch });
    if (begun.is !== "begin") throw new Error("not begun");
    const holder = { accountId: account, part: "post" as const, epoch, lease: begun.lease };
    const permit = await calls(ref).arm(holder, { version: 1, progress: { photos: [], absentAt: [] } });
    if (permit.is !== "permit") throw new Error("no permit");
    expect((await edit(ref, { content: "Too late" })).body.error.code).toBe("conflict");
    await calls(ref).report(holder, { is: "not_sent", attempt: permit.attempt });
    expect((await edit(ref, { content: "In time" })).status).toBe(200);
    await drive(ref);
    expect((await publicPosts(workspace, account)).map((post) => post.text)).toEqual(["In time"]);
  });

  it.each<[string, unknown, string]>([
    ["nothing", {}, "body"],
    ["a field that does not exist", { text: "x" }, "text"],
    ["other accounts", { accounts: ["acc_1"] }, "accounts"],
    ["media that is not there", { media: ["media_missing"] }, "media.0"],
    ["a time that has passed", { schedule: "2020-01-01T00:00:00Z" }, "schedule"],
    ["an end before the time", { publish_before: "2020-01-01T00:00:00Z" }, "publish_before"],
    ["nothing to say", { content: "" }, "content"],
  ])("to %s is refused with the field, and changes nothing", async (_name, body, field) => {
    const ref = await schedule();
    const answer = await edit(ref, body);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", field]);
    expect((await getPost(workspace, ref)).body).toMatchObject({ content: "Before", version: 1 });
  });

  it("of a post that a pause's end has moved leaves its time alone", async () => {
    const ref = await schedule({ schedule: "now" });
    await call("POST", `/v1/accounts/${account}/pause`, { key: workspace.test });
    await wake(ref);
    await deliverTask(ref, account);
    const to = at(24 * HOUR);
    const body = { overdue: "reschedule", schedule: to.toISOString() };
    await call("POST", `/v1/accounts/${account}/resume`, { key: workspace.test, body });
    await ringAlarm(ref);
    await deliverTask(ref, account);
    const edited = await edit(ref, { content: "Typo fixed" });
    expect(edited.body.tasks[0]).toMatchObject({ status: "queued", next_attempt_at: printed(to) });
    await wake(ref);
    expect(await publicPosts(workspace, account)).toHaveLength(0);
    await drive(ref);
    expect(Number((await publicPosts(workspace, account))[0]?.createdAt)).toBeGreaterThanOrEqual(+to);
  });

  it("to an earlier time is looked for by the sweeper at that time", async () => {
    const ref = await schedule({ schedule: at(700 * HOUR).toISOString() });
    await wake(ref);
    await documentOf(ref);
    const to = at(HOUR);
    await edit(ref, { schedule: to.toISOString() });
    const row = await env.DB.prepare("SELECT wake_by FROM posts WHERE id = ?").bind(ref.postId).first();
    expect(Number(row?.wake_by) - +to).toBeLessThanOrEqual(5 * 60_000 + 60_000);
    await call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.test });
  });

  it("that is refused leaves the media alone that it named", async () => {
    const ref = await schedule();
    await publishAll(ref);
    const media = await newPicture(workspace);
    expect((await edit(ref, { media: [media] })).status).toBe(409);
    expect((await call("DELETE", `/v1/media/${media}`, { key: workspace.test })).status).toBe(200);
  });

  it("with a malformed If-Match is refused, and of a foreign post not found", async () => {
    const ref = await schedule();
    expect((await edit(ref, { content: "x" }, { "If-Match": "three" })).body.error.field).toBe("If-Match");
    expect((await edit(ref, { content: "x" }, { "If-Match": "*" })).status).toBe(200);
    expect((await edit(ref, { content: "y" }, { "If-Match": 'W/"2"' })).status).toBe(200);
    const other = await newWorkspace();
    expect((await edit(ref, { content: "x" }, {}, other.test)).status).toBe(404);
    expect((await edit(ref, { content: "x" }, {}, workspace.live)).status).toBe(404);
  });
});

it("two edits later the settling of a commit still reads what that commit said", async () => {
  const lost = await newAccount(workspace, "facebook", "lost_answer");
  const ref = await schedule({ accounts: [lost], schedule: "now" });
  await wake(ref);
  await deliverTask(ref, lost);
  // Its answer is lost: armed, and the post says nothing else before that is settled.
  expect((await edit(ref, { content: "After" })).status).toBe(409);
  await drive(ref);
  expect((await publicPosts(workspace, lost)).map((post) => post.text)).toEqual(["Before"]);
});
