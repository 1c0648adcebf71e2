import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { restoreStatements } from "../../scripts/backup/epoch.ts";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace } from "./helpers/api.ts";
import { advance, calls, documentOf, drive, holdTime, postObject, storedDocument, wake } from "./helpers/drive.ts";
import type { Connected } from "./helpers/live.ts";
import { connect, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * The database is put back to what it held before, with the objects as they are, and with objects that are gone: whatever came
 * due since the backup goes out once, or waits for a person. (The commands are tried in `test/e2e/restoring.test.ts`.)
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Everything but the audit log, which nothing can be deleted from. */
const TABLES = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
  AND name NOT LIKE '_cf_%' AND name NOT LIKE 'audit_%' AND name <> 'd1_migrations'`;

type Row = Record<string, string | number | null>;
type Dump = Map<string, Row[]>;

async function backUp(): Promise<Dump> {
  const dump: Dump = new Map();
  const { results } = await env.DB.prepare(TABLES).all<{ name: string }>();
  for (const { name } of results) dump.set(name, (await env.DB.prepare(`SELECT * FROM ${name}`).all<Row>()).results);
  return dump;
}

/** Wipes the database and imports the dump. @param now what the database takes for the present */
async function restore(dump: Dump, backupAt: number, now = Date.now()): Promise<void> {
  const statements = [...dump].flatMap(([name, rows]) => [
    env.DB.prepare(`DELETE FROM ${name}`),
    ...rows.map((row) => {
      const columns = Object.keys(row);
      const values = columns.map(() => "?").join(", ");
      return env.DB.prepare(`INSERT INTO ${name} (${columns.join(", ")}) VALUES (${values})`).bind(
        ...Object.values(row),
      );
    }),
  ]);
  await env.DB.batch(statements);
  // Its clock is the real one, and the tests' is not.
  const told = restoreStatements(backupAt).replaceAll("unixepoch('subsec') * 1000", String(now));
  await env.DB.batch(
    told
      .split(";\n")
      .filter((each) => each.trim() !== "")
      .map((each) => env.DB.prepare(each)),
  );
}

let workspace: TestWorkspace;
let graph: StandIn;
let page: Connected;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  graph = standInForMeta();
  page = await connect(graph, workspace, "facebook");
});
afterEach(async () => {
  vi.restoreAllMocks();
  await env.DB.prepare("DELETE FROM restores").run();
});

const shown = () => graph.posts(page.externalId).map(({ text }) => text);
const read = async (ref: PostRef) => (await readLive(workspace, ref)).body;
const print = (at: number) => new Date(at).toISOString();

async function publish(content: string, fields: Record<string, unknown> = {}): Promise<PostRef> {
  const body = { content, accounts: [page.id], ...fields };
  const answer = await call("POST", "/v1/publish", {
    key: workspace.live,
    body,
    headers: { "Idempotency-Key": `key of ${content}` },
  });
  if (answer.status !== 202) throw new Error(answer.text);
  return { workspaceId: workspace.id, mode: "live", postId: answer.body.id };
}

async function publishAll(contents: string[], fields: Record<string, unknown> = {}): Promise<PostRef[]> {
  const refs: PostRef[] = [];
  for (const content of contents) refs.push(await publish(content, fields));
  return refs;
}

const texts = (what: string, count: number) => Array.from({ length: count }, (_, index) => `${what} ${index}`);

/** Has the objects woken that the sweeper finds, until it finds none any more. */
async function sweep(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    const { results } = await env.DB.prepare("SELECT id FROM posts WHERE workspace_id = ? AND wake_by <= ?")
      .bind(workspace.id, Date.now())
      .all<{ id: string }>();
    if (results.length === 0) return;
    for (const { id } of results) {
      const ref: PostRef = { workspaceId: workspace.id, mode: "live", postId: id };
      await wake(ref);
      if (await storedDocument(ref)) await documentOf(ref);
    }
  }
  throw new Error("some posts are found again and again");
}

async function eventsOf(ref: PostRef): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT type FROM events WHERE post_id = ? ORDER BY id")
    .bind(ref.postId)
    .all<{ type: string }>();
  return results.map(({ type }) => type).sort();
}

const SINCE = texts("due since the backup", 4);
const MORE = texts("one of fifty more", 50);

/** What there is at the backup, what happens since, and the database as it was. */
async function loseTheDatabase() {
  const [first] = await publishAll(["before the backup"]);
  await drive(first as PostRef);
  const soon = { schedule: print(Date.now() + HOUR) };
  const later = { schedule: print(Date.now() + 3 * DAY) };
  const since = await publishAll(SINCE, soon);
  const after = await publishAll(["due after the restore"], later);
  const canceled = await publishAll(["canceled since"], later);
  const backupAt = Date.now();
  const dump = await backUp();
  const more = await publishAll(MORE);
  for (const ref of more) await drive(ref);
  // The cache knows the answers of those who have asked again.
  await publishAll(MORE.slice(0, 5));
  advance(HOUR);
  for (const ref of since) await drive(ref);
  await call("DELETE", `/v1/posts/${canceled[0]?.postId}`, { key: workspace.live });
  expect(shown()).toHaveLength(1 + 4 + 50);
  advance(MINUTE);
  await restore(dump, backupAt);
  const [one, two] = [after[0], canceled[0]];
  if (!first || !one || !two) throw new Error("a post was not accepted");
  return { first, since, after: one, canceled: two, more };
}

async function expectEachOnce(count: number): Promise<void> {
  expect(new Set(shown()).size).toBe(count);
  expect(shown()).toHaveLength(count);
}

describe("a database that is restored", { timeout: 240_000 }, () => {
  it("is told by the objects what it does not know, and nothing goes out twice", async () => {
    const { first, since, after, canceled, more } = await loseTheDatabase();
    expect((await read(since[0] as PostRef)).status).toBe("queued");
    await sweep();
    for (const ref of [first, ...since]) {
      expect(await read(ref)).toMatchObject({ status: "published", tasks: [{ error: null }] });
      expect(await eventsOf(ref)).toEqual(["post.completed", "publish.completed"]);
    }
    expect((await read(canceled)).status).toBe("canceled");
    expect(await eventsOf(canceled)).toEqual(["post.canceled"]);
    await expectEachOnce(55);
    // Who had sent it again before does so once more, and is answered as then.
    expect(await publishAll(MORE.slice(0, 5))).toEqual(more.slice(0, 5));
    await expectEachOnce(55);
    advance(3 * DAY);
    await drive(after);
    await expectEachOnce(56);
    expect((await read(after)).status).toBe("published");
  });

  it("whose objects are gone too holds what came due since the backup, and sends what is due later", async () => {
    const { first, since, after, more } = await loseTheDatabase();
    for (const ref of [first, ...since, after, ...more]) await calls(ref).forget();
    await sweep();
    for (const ref of since) {
      const { status, tasks } = await read(ref);
      const message = expect.stringMatching(/restored to an earlier state.*look at the account/);
      expect([status, tasks[0]]).toMatchObject(["unconfirmed", { error: { code: "outcome_unknown", message } }]);
      expect(await eventsOf(ref)).toEqual(["post.completed", "publish.failed"]);
    }
    expect((await read(first)).status).toBe("published");
    expect(await publishAll(MORE.slice(0, 5))).toEqual(more.slice(0, 5));
    // A person has looked.
    const [one] = since as [PostRef];
    const found = graph.posts(page.externalId).find(({ text }) => text === SINCE[0]);
    const body = { outcome: "published", platform_post_id: found?.id };
    const path = `/v1/posts/${one.postId}/tasks/${page.id}/resolve`;
    expect((await call("POST", path, { key: workspace.live, body })).body.status).toBe("published");
    advance(3 * DAY);
    await drive(after);
    await expectEachOnce(56);
  });

  it("has posts that were accepted after the restore published as ever", async () => {
    const backupAt = Date.now();
    await restore(await backUp(), backupAt);
    advance(SECOND);
    const ref = await publish("new", { schedule: print(Date.now() - MINUTE) });
    await drive(ref);
    expect((await read(ref)).status).toBe("published");
  });

  it("does not know an edit that was made since: what its post says now is lost, and the old words do not go out", async () => {
    const ref = await publish("the old words", { schedule: print(Date.now() + DAY) });
    await wake(ref);
    const dump = await backUp();
    const body = { content: "the new words" };
    expect((await call("PATCH", `/v1/posts/${ref.postId}`, { key: workspace.live, body })).status).toBe(200);
    await restore(dump, Date.now());
    await sweep();
    expect(await read(ref)).toMatchObject({ status: "queued", version: 2 });
    advance(DAY);
    await drive(ref);
    expect((await read(ref)).status).toBe("failed");
    expect(shown()).toEqual([]);
  });

  it("does not have retried what failed before the backup and was retried since", async () => {
    const ref = await publish("retried since", { media: [await newPicture(workspace, "live")] });
    graph.refuse(/photos$/, { code: 100, message: "Invalid parameter" });
    await drive(ref);
    const dump = await backUp();
    const retry = () => call("POST", `/v1/posts/${ref.postId}/retry`, { key: workspace.live });
    expect((await retry()).status).toBe(200);
    await drive(ref);
    advance(MINUTE);
    await calls(ref).forget();
    await restore(dump, Date.now());
    await sweep();
    expect((await read(ref)).status).toBe("failed");
    const { status, body } = await retry();
    expect([status, body.error.message]).toEqual([409, expect.stringContaining("is not known any more")]);
    expect(shown()).toHaveLength(1);
  });

  it("does not write a first comment again when a person says that its post is public", async () => {
    const options = { facebook: { first_comment: "The first comment" } };
    const ref = await publish("commented since", { options, schedule: print(Date.now() + HOUR) });
    const dump = await backUp();
    advance(HOUR);
    await drive(ref);
    const [post] = graph.posts(page.externalId);
    expect(post?.comments).toHaveLength(1);
    await calls(ref).forget();
    await restore(dump, Date.now());
    await sweep();
    expect((await read(ref)).tasks[0]).toMatchObject({
      status: "unconfirmed",
      first_comment: { status: "unconfirmed" },
    });
    const body = { outcome: "published", platform_post_id: post?.id };
    const path = `/v1/posts/${ref.postId}/tasks/${page.id}/resolve`;
    expect((await call("POST", path, { key: workspace.live, body })).body.status).toBe("published");
    await drive(ref);
    expect(graph.posts(page.externalId).map(({ comments }) => comments.length)).toEqual([1]);
  });

  it("has what failed after the restore retried as ever", async () => {
    await restore(await backUp(), Date.now());
    advance(SECOND);
    const ref = await publish("failed after", { media: [await newPicture(workspace, "live")] });
    graph.refuse(/photos$/, { code: 100, message: "Invalid parameter" });
    await drive(ref);
    await calls(ref).forget();
    expect((await call("POST", `/v1/posts/${ref.postId}/retry`, { key: workspace.live })).status).toBe(200);
    await drive(ref);
    expect(shown()).toHaveLength(1);
  });

  it("from a time before its objects forgot what they had published sends none of it again", async () => {
    const ref = await publish("published, told and forgotten", { schedule: print(Date.now() + HOUR) });
    const dump = await backUp();
    advance(HOUR);
    await drive(ref);
    const { forgetAt } = await documentOf(ref);
    advance((forgetAt ?? 0) - Date.now());
    await runDurableObjectAlarm(postObject(ref));
    // By a way that says nothing of it.
    await restore(dump, Date.now());
    await env.DB.prepare("DELETE FROM restores").run();
    await sweep();
    expect((await read(ref)).status).toBe("unconfirmed");
    expect(shown()).toHaveLength(1);
  });

  it("is told by an object that is asked something, before any sweep", async () => {
    const ref = await publish("asked for");
    const dump = await backUp();
    await drive(ref);
    await restore(dump, Date.now());
    expect((await read(ref)).status).toBe("queued");
    expect((await call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.live })).status).toBe(409);
    expect((await read(ref)).status).toBe("published");
  });
});
