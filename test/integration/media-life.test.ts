import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { advance, drive, holdTime, refOf, sweepMediaAway } from "./helpers/drive.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let workspace: TestWorkspace;
let account: string;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
});
afterEach(() => vi.restoreAllMocks());

const request = (method: string, path: string, key = workspace.test) => call(method, `/v1/media${path}`, { key });
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString();
const later = (media: string[], days = 2) =>
  publish(workspace, { content: "x", accounts: [account], media, schedule: inDays(days) });
const sweep = () => env.SWEEPER.getByName(SWEEPER_NAME).sweep();

async function count(table: string, column: string, id: string): Promise<number | undefined> {
  const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`)
    .bind(id)
    .first<{ n: number }>();
  return row?.n;
}

/** A row and its bytes are there, or neither is, and nothing else speaks of them. */
async function isThere(id: string): Promise<boolean> {
  const [row, bytes] = [await count("media", "id", id), await env.MEDIA.head(id)];
  expect(bytes !== null).toBe(row === 1);
  expect(await count("media_uploads", "media_id", id)).toBe(0);
  if (row === 0) expect(await count("post_media", "media_id", id)).toBe(0);
  return row === 1;
}

describe("media", () => {
  it("is listed newest first, page by page", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      ids.unshift(await newPicture(workspace));
      advance(1);
    }
    const first = await request("GET", "?limit=2");
    expect(first.body.media.map((each: { id: string }) => each.id)).toEqual(ids.slice(0, 2));
    const second = await request("GET", `?limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body.media.map((each: { id: string }) => each.id)).toEqual(ids.slice(2, 4));
    const last = await request("GET", `?limit=2&cursor=${second.body.next_cursor}`);
    expect(last.body).toMatchObject({ media: [{ id: ids[4] }], next_cursor: null });
    expect((await request("GET", `/${ids[0]}`)).body).toEqual(first.body.media[0]);
  });

  it("has lists and cursors of its own", async () => {
    await publish(workspace, { content: "1", accounts: [account] });
    advance(1);
    await publish(workspace, { content: "2", accounts: [account] });
    const posts = await call("GET", "/v1/posts?limit=1", { key: workspace.test });
    for (const query of [`?cursor=${posts.body.next_cursor}`, "?cursor=x", "?limit=0", "?limit=101", "?status=x"]) {
      const answer = await request("GET", query);
      expect([query, answer.status, answer.body.error.code]).toEqual([query, 400, "validation_error"]);
    }
  });

  it("is nobody else's, and not the other mode's", async () => {
    const id = await newPicture(workspace);
    for (const key of [(await newWorkspace()).test, workspace.live]) {
      for (const method of ["GET", "DELETE"]) {
        const answer = await request(method, `/${id}`, key);
        expect([answer.status, answer.body.error]).toMatchObject([
          404,
          { code: "not_found", message: "Media does not exist in this workspace." },
        ]);
      }
      expect((await request("GET", "", key)).body.media).toEqual([]);
    }
    expect(await isThere(id)).toBe(true);
  });
});

describe("deleting media", () => {
  it("takes row and bytes", async () => {
    const id = await newPicture(workspace);
    const answer = await request("DELETE", `/${id}`);
    expect([answer.status, answer.text]).toEqual([200, '{"success":true}']);
    expect(await isThere(id)).toBe(false);
    expect((await request("DELETE", `/${id}`)).status).toBe(404);
  });

  it("is refused while a post waits for it, and the post is named", async () => {
    const id = await newPicture(workspace);
    const post = await later([id]);
    const answer = await request("DELETE", `/${id}`);
    expect([answer.status, answer.body.error]).toMatchObject([
      409,
      { code: "conflict", message: `${post.body.id} uses this media and is not over yet: cancel it first, or wait.` },
    ]);
    expect(await isThere(id)).toBe(true);
    expect((await call("DELETE", `/v1/posts/${post.body.id}`, { key: workspace.test })).status).toBe(200);
    await expect.poll(async () => (await request("DELETE", `/${id}`)).status).toBe(200);
    expect(await isThere(id)).toBe(false);
  });

  it("is possible once the post is published", async () => {
    const id = await newPicture(workspace);
    const accepted = await publish(workspace, { content: "x", accounts: [account], media: [id] });
    await drive(refOf(workspace, accepted));
    expect((await request("DELETE", `/${id}`)).status).toBe(200);
    expect(await isThere(id)).toBe(false);
    const post = await call("GET", `/v1/posts/${accepted.body.id}`, { key: workspace.test });
    expect(post.body).toMatchObject({ status: "published", media: [id] });
  });

  it("whose bytes cannot be deleted is finished by the sweeper", async () => {
    const id = await newPicture(workspace);
    vi.spyOn(env.MEDIA, "delete").mockRejectedValue(new Error("R2 is away"));
    expect((await request("DELETE", `/${id}`)).status).toBe(500);
    vi.restoreAllMocks();
    expect((await request("GET", `/${id}`)).status).toBe(404);
    await sweepMediaAway();
    expect(await isThere(id)).toBe(false);
  });

  it.each([["with a key"], ["without"]])(
    "at the moment a post %s names it ends in one order or the other",
    async (name) => {
      for (let i = 0; i < 12; i++) {
        const id = await newPicture(workspace);
        const headers: Record<string, string> = name === "without" ? {} : { "Idempotency-Key": `race-${i}` };
        const body = { content: "x", accounts: [account], media: [id], schedule: inDays(1) };
        const [published, deleted] = await Promise.all([
          publish(workspace, body, headers),
          scheduler.wait(i % 4).then(() => request("DELETE", `/${id}`)),
        ]);
        expect(["202 409", "400 200"]).toContain(`${published.status} ${deleted.status}`);
        expect(await isThere(id)).toBe(published.status === 202);
        if (published.status === 400) {
          expect(published.body.error).toMatchObject({
            code: "validation_error",
            message: "media.0 is not media of this workspace.",
            field: "media.0",
          });
        }
      }
    },
  );

  it.each<[string, Record<string, string>]>([
    ["with a key", { "Idempotency-Key": "gone" }],
    ["without", {}],
  ])("between a post's check and its acceptance refuses the post %s, and writes nothing", async (_name, headers) => {
    const id = await newPicture(workspace);
    const body = { content: "x", accounts: [account], media: [id], schedule: inDays(1) };
    const batch = env.DB.batch.bind(env.DB);
    let calls = 0;
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      // The first loads what the request names; the second accepts it.
      calls += 1;
      if (calls === 2) expect((await request("DELETE", `/${id}`)).status).toBe(200);
      return batch(statements) as never;
    });
    const answer = await publish(workspace, body, headers);
    vi.restoreAllMocks();
    expect([answer.status, answer.body.error.field]).toEqual([400, "media.0"]);
    expect((await call("GET", "/v1/posts", { key: workspace.test })).body).toMatchObject({ posts: [], total: 0 });
    for (const table of ["posts", "tasks", "post_media", "idempotency"]) {
      expect([table, await count(table, "workspace_id", workspace.id)]).toEqual([table, 0]);
    }
    const other = await publish(workspace, { ...body, media: [] }, headers);
    expect(other.status).toBe(202);
  });
});

describe("media that nothing uses", () => {
  it("expires after 30 days", async () => {
    const id = await newPicture(workspace);
    advance(30 * DAY - 1_000);
    await sweepMediaAway();
    expect(await isThere(id)).toBe(true);
    advance(1_000);
    await sweepMediaAway();
    expect(await isThere(id)).toBe(false);
  });

  it("lives for 30 days after its last use", async () => {
    const id = await newPicture(workspace);
    advance(20 * DAY);
    const accepted = await publish(workspace, { content: "x", accounts: [account], media: [id] });
    await drive(refOf(workspace, accepted));
    const { expires_at } = (await request("GET", `/${id}`)).body;
    expect(Date.parse(expires_at)).toBeGreaterThanOrEqual(Date.now() + 30 * DAY - 60_000);
    advance(29 * DAY);
    await sweepMediaAway();
    expect(await isThere(id)).toBe(true);
    advance(2 * DAY);
    await sweepMediaAway();
    expect(await isThere(id)).toBe(false);
  });

  it("is kept for a post that is due in months", async () => {
    const id = await newPicture(workspace);
    const accepted = await later([id], 100);
    expect(Date.parse((await request("GET", `/${id}`)).body.expires_at)).toBe(
      Date.parse(accepted.body.scheduled_at) + 30 * DAY,
    );
    advance(90 * DAY);
    await sweepMediaAway();
    expect(await isThere(id)).toBe(true);
  });

  it("is kept while a post still waits for it, however late that is", async () => {
    const id = await newPicture(workspace);
    await later([id], 1);
    advance(32 * DAY);
    await sweepMediaAway();
    expect(await isThere(id)).toBe(true);
    expect(Date.parse((await request("GET", `/${id}`)).body.expires_at)).toBeGreaterThan(Date.now());
  });

  it("costs no reading of what is kept", async () => {
    for (let i = 0; i < 3; i++) await newPicture(workspace);
    advance(31 * DAY);
    await sweepMediaAway();
    const kept: string[] = [];
    for (let i = 0; i < 30; i++) kept.push(await newPicture(workspace));
    // What it does once an hour for the workspaces of all tests, some at a time, is another matter.
    for (let i = 0; i < 30; i++) await sweep();
    const read: number[] = [];
    const batch = env.DB.batch.bind(env.DB);
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      const results = await batch(statements);
      read.push(results.reduce((sum, result) => sum + (result.meta.rows_read ?? 0), 0));
      return results as never;
    });
    await sweep();
    expect(read.length).toBeGreaterThan(0);
    expect(read.reduce((sum, rows) => sum + rows, 0)).toBeLessThan(kept.length);
    vi.restoreAllMocks();
    for (const id of kept) expect(await isThere(id)).toBe(true);
  });
});
