import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { TestWorkspace } from "./helpers/api.ts";
import { newAccount, newWorkspace, publish } from "./helpers/api.ts";
import { documentOf, drive, getPost, holdTime, publicPosts, refOf, ringAlarm, wake } from "./helpers/drive.ts";

/*
 * Queues that take no messages, as when the quota of the day is used up: what was accepted is held, and goes out once.
 */

const MINUTE = 60_000;
const SAID = "Queue send failed: the daily limit is exceeded";

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});
beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

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
});
