import { createExecutionContext, createMessageBatch, getQueueResult, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import { advance, documentOf, drive, holdTime, refOf, taskOf, wake } from "./helpers/drive.ts";

/*
 * What `GET /v1/health` says of the machinery that nobody sees.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let workspace: TestWorkspace;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
});
afterEach(() => vi.restoreAllMocks());

const sweeper = () => env.SWEEPER.getByName(SWEEPER_NAME);
const health = (key = workspace.test) => call("GET", "/v1/health", { key });

/** Stores posts that are overdue and that nobody can wake, and takes them away again afterwards. */
async function withStuck(count: number, wakeBy: number, run: () => Promise<void>): Promise<void> {
  const insert = env.DB.prepare(
    `INSERT INTO posts (workspace_id, mode, id, created_at, version, content, media, options, platforms, scheduled_at,
      status, state, seq, wake_by) VALUES ('ws_stuck', 'live', ?, 0, 1, '', '[]', '{}', '[]', 0, 'queued', ?, 0, ?)`,
  );
  const state = JSON.stringify({ tasks: [] });
  for (let from = 0; from < count; from += 200) {
    const ids = Array.from({ length: Math.min(200, count - from) }, (_, i) => `post_stuck_${from + i}`);
    await env.DB.batch(ids.map((id) => insert.bind(id, state, wakeBy)));
  }
  try {
    await run();
  } finally {
    await env.DB.prepare("DELETE FROM posts WHERE workspace_id = 'ws_stuck'").run();
    await runInDurableObject(sweeper(), (_object, state) => void state.storage.kv.delete("cursor"));
  }
}

/** The posts that a sweep hands over. */
async function sweep(): Promise<string[]> {
  const handed: string[] = [];
  const spy = vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation(async (messages) => {
    for (const { body } of messages) if (body.kind === "wake") handed.push(body.post_id);
    return undefined as never;
  });
  await sweeper().sweep();
  spy.mockRestore();
  return handed;
}

describe("the health", () => {
  it("tells when the sweeper last came through, and says degraded when that is too long ago", async () => {
    await sweep();
    const { body } = await health();
    expect(body.sweeper).toMatchObject({ age_seconds: 0, failing_since: null, found: expect.any(Number) });
    expect(Date.parse(body.sweeper.last_run_at)).toBe(Math.floor(Date.now() / SECOND) * SECOND);
    advance(3 * MINUTE);
    const later = (await health()).body;
    expect([later.status, later.sweeper.age_seconds]).toEqual(["degraded", 180]);
    await sweep();
  });

  it("tells since when sweeps fail", async () => {
    await sweep();
    const { runDurableObjectAlarm } = await import("cloudflare:test");
    await sweeper().keepAwake();
    advance(31 * SECOND);
    vi.spyOn(env.DB, "prepare").mockImplementation(() => {
      throw new Error("D1 is away");
    });
    await runDurableObjectAlarm(sweeper());
    const failedAt = Date.now();
    vi.restoreAllMocks();
    expect(Date.parse((await health()).body.sweeper.failing_since)).toBe(Math.floor(failedAt / SECOND) * SECOND);
    await sweep();
    expect((await health()).body.sweeper.failing_since).toBe(null);
  });

  it("tells the age of the oldest post that is stuck", async () => {
    await sweep();
    // Longer ago than anything that other tests have left behind.
    await withStuck(1, Date.now() - 400_000 * HOUR, async () => {
      const { body } = await health();
      expect([body.status, body.oldest_stuck_seconds]).toEqual(["degraded", 400_000 * 3_600]);
    });
  });

  it("counts what was given up, each message once", async () => {
    const account = await newAccount(workspace, "facebook");
    const ref = refOf(workspace, await publish(workspace, { content: "Dead", accounts: [account] }));
    await wake(ref);
    const before = (await health()).body.dead_letters.total;
    const { epoch } = await taskOf(ref, account);
    const body = {
      kind: "task",
      v: 1,
      workspace_id: ref.workspaceId,
      mode: ref.mode,
      post_id: ref.postId,
      account_id: account,
      epoch,
    };
    for (let i = 0; i < 2; i++) {
      const letter = { id: `letter-${ref.postId}`, timestamp: Date.now(), attempts: 1, body };
      const batch = createMessageBatch("apionics-publish-dead", [letter]);
      await worker.queue(batch, env, createExecutionContext());
      expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toHaveLength(1);
    }
    const { dead_letters } = (await health()).body;
    expect(dead_letters.total).toBe(before + 1);
    expect(dead_letters.last_at).toMatch(/Z$/);
    await drive(ref);
  });

  it("is open to every key and to nobody without one, and names nobody", async () => {
    expect((await call("GET", "/v1/health")).status).toBe(401);
    expect((await health(env.ADMIN_TOKEN ?? "")).status).toBe(200);
    const { text } = await health(workspace.live);
    expect(text).not.toMatch(/ws_|post_\w|acc_/);
  });
});

/** How many sweeps it takes to find a post; ten: more than that. */
async function sweepsUntil(postId: string): Promise<number> {
  let sweeps = 0;
  while (sweeps < 10 && !(await sweep()).includes(postId)) sweeps += 1;
  return sweeps;
}

describe("posts that do not wake", () => {
  it("keep the sweeper from none behind them, however many they are", async () => {
    const account = await newAccount(workspace, "facebook");
    const accepted = await publish(workspace, { content: "Behind", accounts: [account] });
    await wake(refOf(workspace, accepted));
    await documentOf(refOf(workspace, accepted));
    await env.DB.prepare("UPDATE posts SET wake_by = ? WHERE id = ?")
      .bind(Date.now() - SECOND, accepted.body.id)
      .run();
    await withStuck(1_000, Date.now() - 400 * HOUR, async () => {
      expect(await sweep()).toHaveLength(1_000);
      // Other tests may have left some behind as well.
      expect(await sweepsUntil(accepted.body.id)).toBeLessThan(10);
      expect(await sweepsUntil("post_stuck_0")).toBeLessThan(10);
    });
    await drive(refOf(workspace, accepted));
  });

  it("cost as many rows as there are of them", async () => {
    await withStuck(300, Date.now() - 400 * HOUR, async () => {
      const { results, meta } = await env.DB.prepare(
        `SELECT wake_by, workspace_id, mode, id FROM posts WHERE wake_by IS NOT NULL AND wake_by <= ?
          AND (wake_by, workspace_id, mode, id) > (?, 'ws_stuck', 'live', 'post_stuck_0')
          ORDER BY wake_by, workspace_id, mode, id LIMIT 100`,
      )
        .bind(Date.now(), Date.now() - 400 * HOUR)
        .all();
      expect(results).toHaveLength(100);
      expect(meta.rows_read).toBeLessThanOrEqual(110);
    });
  });
});
