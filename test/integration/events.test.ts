import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { advance, deliverTask, drive, holdTime, refOf, wake } from "./helpers/drive.ts";
import { newWebhook, Receivers } from "./helpers/webhooks.ts";

/*
 * What is told beside the ends of posts, and where all of it can be read.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

let workspace: TestWorkspace;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
});
afterEach(() => vi.restoreAllMocks());

const api = (method: string, path: string, body?: unknown, key = workspace.test) =>
  call(method, path, { key, ...(body === undefined ? {} : { body }) });
const sweep = () => env.SWEEPER.getByName(SWEEPER_NAME).sweep();

/** All that was told of a kind, newest first. */
async function told(type: string): Promise<Answer["body"][]> {
  const { events } = (await api("GET", "/v1/events?limit=100")).body;
  return events.filter((event: { type: string }) => event.type === type);
}

/** Changes an account's grant as time and the platform would. */
async function setGrant(account: string, fields: Record<string, number | string | null>): Promise<void> {
  const names = Object.keys(fields);
  await env.DB.prepare(
    `UPDATE grants SET ${names.map((name) => `${name} = ?`).join(", ")}
      WHERE id = (SELECT grant_id FROM accounts WHERE id = ?)`,
  )
    .bind(...Object.values(fields), account)
    .run();
}

describe("an account", () => {
  it("that the platform lets do nothing any more must be connected again: told once, however often it is met", async () => {
    const receivers = new Receivers();
    const webhook = await newWebhook(workspace, ["account.needs_reconnect"]);
    const account = await newAccount(workspace, "facebook", "token_expired");
    for (let i = 0; i < 2; i++) {
      const accepted = await publish(workspace, { content: `Post ${i}`, accounts: [account] });
      const ref = refOf(workspace, accepted);
      await wake(ref);
      await deliverTask(ref, account);
    }
    const [event, ...more] = await told("account.needs_reconnect");
    expect(more).toEqual([]);
    const { body: shown } = await api("GET", `/v1/accounts/${account}`);
    expect(event.data).toEqual({ account: { ...shown, posts_at_risk: 0 } });
    expect(event.data.account.status).toBe("needs_reconnect");
    await receivers.settle();
    expect(receivers.at(webhook.url)).toHaveLength(1);
    expect(JSON.parse(receivers.at(webhook.url)[0]?.body ?? "").data).toEqual(event.data);
  });

  it.each([
    ["its token", "expires_at"],
    ["Facebook's access to data", "data_access_expires_at"],
  ])("whose grant ends by %s is told of a week before, once", async (_what, column) => {
    const account = await newAccount(workspace, "facebook");
    const end = Date.now() + 8 * DAY;
    await setGrant(account, { [column]: end, warn_at: end - 7 * DAY });
    await sweep();
    expect(await told("account.expiring")).toEqual([]);
    advance(DAY + SECOND);
    await sweep();
    await sweep();
    expect(await told("account.expiring")).toMatchObject([{ data: { account: { id: account, status: "expiring" } } }]);
  });

  it("whose token has ended is told of, and marked, though nobody has asked the platform", async () => {
    const account = await newAccount(workspace, "facebook");
    const end = Date.now() + DAY;
    await setGrant(account, { expires_at: end, warn_at: end - 7 * DAY });
    await sweep();
    advance(DAY + SECOND);
    await sweep();
    await sweep();
    expect(await told("account.needs_reconnect")).toMatchObject([{ data: { account: { id: account } } }]);
    expect(await told("account.expiring")).toHaveLength(1);
    const row = await env.DB.prepare("SELECT health FROM accounts WHERE id = ?").bind(account).first();
    expect(row?.health).toBe("needs_reconnect");
  });

  it("that is renewed in time is not told of, and looked at again when that fails", async () => {
    const account = await newAccount(workspace, "facebook");
    const end = Date.now() + 6 * DAY;
    await setGrant(account, { expires_at: end, warn_at: end - 7 * DAY, renew_at: Date.now() + 30 * DAY });
    await sweep();
    expect(await told("account.expiring")).toEqual([]);
    await setGrant(account, { renew_fault: "Out of order." });
    await sweep();
    expect(await told("account.expiring")).toEqual([]);
    advance(DAY + SECOND);
    await sweep();
    expect(await told("account.expiring")).toMatchObject([
      { data: { account: { reason: expect.stringContaining("Out of order.") } } },
    ]);
  });
});

describe("media", () => {
  it("is told of when it is ready, with what answers say of it", async () => {
    const id = await newPicture(workspace);
    expect(await told("media.ready")).toMatchObject([
      {
        id: `evt_${id.replace("media_", "")}_media_ready`,
        data: { media: (await api("GET", `/v1/media/${id}`)).body },
      },
    ]);
  });

  it("that was uploaded in parts and is none is told of, with the reason that the client was given", async () => {
    const { body: upload } = await api("POST", "/v1/media/uploads", { bytes: 1_000 });
    const path = `/v1/media/uploads/${upload.id}`;
    await call("PUT", `${path}/parts/1`, {
      key: workspace.test,
      body: new Uint8Array(1_000),
      headers: { "Content-Length": "1000" },
    });
    const refused = await api("POST", `${path}/complete`);
    expect(refused.status).toBe(400);
    expect(await told("media.failed")).toMatchObject([
      {
        data: { upload_id: upload.id, error: { code: "validation_error", message: refused.body.error.message } },
      },
    ]);
    expect(await told("media.ready")).toEqual([]);
  });
});

describe("what was told", () => {
  it("is listed page by page, newest first, and each is read by its id", async () => {
    for (let i = 0; i < 5; i++) {
      advance(SECOND);
      await newPicture(workspace);
    }
    const events: Answer["body"][] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "?limit=2" : `?limit=2&cursor=${cursor}`;
      const { body } = await api("GET", `/v1/events${query}`);
      events.push(...body.events);
      cursor = body.next_cursor;
    }
    expect(events).toHaveLength(5);
    const times = events.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort().reverse());
    const [first] = events;
    expect(Object.keys(first)).toEqual(["id", "type", "timestamp", "data"]);
    expect((await api("GET", `/v1/events/${first.id}`)).body).toEqual(first);
  });

  it("is nobody else's, and a page of it begins nowhere but where a page before has ended", async () => {
    await newPicture(workspace);
    const [event] = await told("media.ready");
    const stranger = await newWorkspace();
    for (const key of [stranger.test, workspace.live]) {
      expect((await api("GET", `/v1/events/${event.id}`, undefined, key)).status).toBe(404);
      expect((await api("GET", "/v1/events", undefined, key)).body.events).toEqual([]);
    }
    const posts = await api("GET", "/v1/media?limit=1");
    await newPicture(workspace);
    const foreign = (await api("GET", "/v1/media?limit=1")).body.next_cursor ?? posts.body.next_cursor;
    for (const cursor of ["x", foreign]) {
      const answer = await api("GET", `/v1/events?cursor=${cursor}`);
      expect([answer.status, answer.body.error.field]).toEqual([400, "cursor"]);
    }
  });

  it("of a test post is told by its clock, and of it all that was told is told once", async () => {
    const account = await newAccount(workspace, "facebook");
    const accepted = await publish(workspace, { content: "Once", accounts: [account] });
    await drive(refOf(workspace, accepted));
    expect([(await told("publish.completed")).length, (await told("post.completed")).length]).toEqual([1, 1]);
  });

  it("is forgotten after 30 days, with what was sent of it", async () => {
    const receivers = new Receivers();
    const webhook = await newWebhook(workspace, ["media.ready"]);
    await newPicture(workspace);
    await receivers.settle();
    advance(29 * DAY);
    await newPicture(workspace);
    await receivers.settle();
    await forget();
    expect(await told("media.ready")).toHaveLength(2);
    advance(2 * DAY);
    await forget();
    expect(await told("media.ready")).toHaveLength(1);
    const { deliveries } = (await api("GET", `/v1/webhooks/${webhook.id}/deliveries`)).body;
    expect(deliveries).toHaveLength(1);
  });

  /** Sweeps until the old events of all workspaces are gone: it takes some at a time, and once an hour. */
  async function forget(): Promise<void> {
    advance(61 * MINUTE);
    const count = await env.DB.prepare("SELECT count(*) AS n FROM workspaces").first<{ n: number }>();
    for (let swept = 0; swept <= (count?.n ?? 0); swept += 50) await sweep();
  }
});
