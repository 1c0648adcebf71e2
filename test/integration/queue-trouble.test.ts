import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import { advance, documentOf, drive, getPost, holdTime, publicPosts, refOf, ringAlarm, wake } from "./helpers/drive.ts";

/*
 * Queues that take no messages, as when the quota of the day is used up: what was accepted is held, and goes out once.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SAID = "Queue send failed: the daily limit is exceeded";

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});
beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

const sweeper = () => env.SWEEPER.getByName(SWEEPER_NAME);
const health = async () => (await call("GET", "/v1/health", { key: workspace.test })).body;

/** Has both queues take nothing. @returns what was tried of the one that publishes */
function exhaust() {
  const refuse = () => Promise.reject(new Error(SAID));
  vi.spyOn(env.WEBHOOKS, "sendBatch").mockImplementation(refuse);
  return vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation(refuse);
}

describe("queues that take nothing", () => {
  it("hold a post that was accepted, for hours, and it goes out once when they take messages again", async () => {
    const account = await newAccount(workspace, "facebook");
    const sends = exhaust();
    const accepted = await publish(workspace, { content: "Held", accounts: [account] });
    expect(accepted.status).toBe(202);
    const ref = refOf(workspace, accepted);
    await wake(ref);
    const startedAt = Date.now();
    while (Date.now() < startedAt + 6 * 60 * MINUTE) {
      await documentOf(ref);
      await ringAlarm(ref);
    }
    expect((await getPost(workspace, ref)).body.status).toBe("queued");
    // After 30 s, and then ever more rarely: each try is paid for.
    expect(sends.mock.calls.length).toBeGreaterThan(30);
    expect(sends.mock.calls.length).toBeLessThan(45);
    expect(await publicPosts(workspace, account)).toHaveLength(0);

    vi.restoreAllMocks();
    const [task] = (await documentOf(ref)).tasks;
    expect((task?.dueAt ?? 0) - Date.now()).toBeLessThanOrEqual(10 * MINUTE);
    await drive(ref);
    expect((await getPost(workspace, ref)).body.status).toBe("published");
    expect(await publicPosts(workspace, account)).toHaveLength(1);
  });

  it("are told of by the health, until they take messages again", async () => {
    await sweeper().sweep();
    advance(16 * MINUTE);
    await sweeper().sweep();
    expect((await health()).queue).toEqual({ failing_since: null, last_error: null });

    const account = await newAccount(workspace, "facebook");
    exhaust();
    const accepted = await publish(workspace, { content: "Told", accounts: [account] });
    const ref = refOf(workspace, accepted);
    await wake(ref);
    const since = Date.now();
    await vi.waitFor(async () => expect((await health()).queue.failing_since).not.toBe(null));
    advance(MINUTE);
    await ringAlarm(ref);
    await documentOf(ref);
    const troubled = await health();
    expect(troubled).toMatchObject({ status: "degraded", queue: { last_error: SAID } });
    expect(Date.parse(troubled.queue.failing_since)).toBe(Math.floor(since / SECOND) * SECOND);

    vi.restoreAllMocks();
    await drive(ref);
    advance(16 * MINUTE);
    expect((await health()).queue).toEqual({ failing_since: null, last_error: null });
  });

  it("keep a sweep from nothing else, and are found well by the next that has something to send", async () => {
    const account = await newAccount(workspace, "facebook");
    const accepted = await publish(workspace, { content: "Overdue", accounts: [account] });
    const ref = refOf(workspace, accepted);
    advance(31 * SECOND);
    const before = (await sweeper().status()).lastRunAt;
    exhaust();
    await env.DB.prepare("UPDATE posts SET wake_by = ? WHERE id = ?")
      .bind(Date.now() - SECOND, ref.postId)
      .run();
    await sweeper().sweep();
    const status = await sweeper().status();
    expect(status.lastRunAt).toBe(Date.now());
    expect(status.lastRunAt).not.toBe(before);
    expect((await health()).queue.last_error).toBe(SAID);

    vi.restoreAllMocks();
    await sweeper().sweep();
    expect((await health()).queue.last_error).toBe(null);
    await drive(ref);
  });
});
