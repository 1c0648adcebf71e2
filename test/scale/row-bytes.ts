import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { DatabaseSync } from "node:sqlite";
import type { PostDocument } from "../../src/post/document.ts";
import { acknowledge, arm, begin, wake } from "../../src/post/machine.ts";
import { report } from "../../src/post/report.ts";
import { settleTiming } from "../../src/post/timing.ts";
import { acceptedPost, rowOf } from "../helpers/posts.ts";

/*
 * How large a database is that holds posts, measured in SQLite with the project's own schema: the pages of the file, indexes
 * and all, divided by the posts.
 */

/** Bytes of the database for each post. */
export interface RowBytes {
  /** What stays: the post, its tasks, whose the public posts are, its line of the audit log. */
  kept: number;
  /** What goes after 30 days: events, deliveries, the key with its answer. */
  passing: number;
}

const POSTS = 1_000;
const NOW = Date.UTC(2026, 10, 2, 9, 30);
const TEXT = "New in our shop: the autumn collection, made of wool from around the corner. ".repeat(4).trim();
const ULID = "01KCE8Z5Q4";

export function measureRows(): RowBytes {
  const database = new DatabaseSync(":memory:");
  const folder = join(import.meta.dirname, "../../migrations");
  for (const file of readdirSync(folder).sort()) {
    if (file.endsWith(".sql")) database.exec(readFileSync(join(folder, file), "utf8"));
  }
  const size = () => {
    const pages = Number(database.prepare("PRAGMA page_count").get()?.page_count);
    return pages * Number(database.prepare("PRAGMA page_size").get()?.page_size);
  };
  const prepared = new Map<string, StatementSync>();
  const insert = (table: string, row: Record<string, SQLInputValue>) => {
    const names = Object.keys(row);
    const sql = `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    statement.run(...Object.values(row));
  };
  const { document, events } = publishedPost();
  const row = rowOf(document, NOW);
  const empty = size();
  database.exec("BEGIN");
  for (let index = 0; index < POSTS; index++) insertKept(insert, row, ulid(index), index);
  database.exec("COMMIT");
  const kept = size();
  database.exec("BEGIN");
  for (let index = 0; index < POSTS; index++) insertPassing(insert, events, ulid(index), index);
  database.exec("COMMIT");
  return { kept: Math.round((kept - empty) / POSTS), passing: Math.round((size() - kept) / POSTS) };
}

const ulid = (index: number) => `${ULID}${String(index).padStart(16, "0")}`;
const SCOPE = { workspace_id: `ws_${ULID}0000000000000001`, mode: "live" };
const ACCOUNTS = [1, 2].map((number) => `acc_${ULID}000000000000000${number}`);

type Insert = (table: string, row: Record<string, SQLInputValue>) => void;

function insertKept(insert: Insert, row: ReturnType<typeof rowOf>, id: string, index: number): void {
  const postId = `post_${id}`;
  insert("posts", {
    ...SCOPE,
    id: postId,
    created_at: NOW,
    version: 1,
    content: TEXT,
    media: "[]",
    options: "{}",
    platforms: '["facebook"]',
    scheduled_at: NOW + index,
    status: row.status,
    state: JSON.stringify(row.state),
    timeline: JSON.stringify(row.timeline),
    seq: row.seq,
  });
  for (const [number, account_id] of ACCOUNTS.entries()) {
    insert("tasks", { ...SCOPE, account_id, post_id: postId, platform: "facebook" });
    const external = { external_id: `10203040506070${number}`, platform_post_id: `102030405060708_${1e15 + index}` };
    insert("platform_posts", { mode: "live", platform: "facebook", ...external, post_id: postId, account_id });
  }
  const line = {
    action: "post.created",
    actor: `key_${id}`,
    target: postId,
    request_id: `req_${id}`,
    ip: "203.0.113.7",
  };
  insert("audit_log", { id: `line_${id}`, ...SCOPE, at: NOW, ...line });
}

function insertPassing(insert: Insert, events: PostDocument["events"], id: string, index: number): void {
  const post_id = `post_${id}`;
  for (const { id: name, type, body } of events) {
    const event_id = `${name}_${id}`;
    insert("events", { id: event_id, ...SCOPE, type, post_id, body, created_at: NOW + index });
    if (!type.startsWith("publish.")) continue;
    const log = JSON.stringify([{ at: NOW, status: 204, ms: 120, error: null }]);
    const delivery = { webhook_id: `wh_${ULID}0000000000000001`, event_at: NOW + index, event_id };
    insert("deliveries", { ...delivery, status: "delivered", attempts: 1, log });
  }
  insert("idempotency", {
    ...SCOPE,
    key: id.padEnd(64, "0"),
    fingerprint: id.padEnd(64, "1"),
    claim: `claim_${id}`,
    post_id,
    response_status: 202,
    response_body: JSON.stringify({ id: post_id, status: "queued", scheduled_at: null, tasks: ACCOUNTS, warnings: [] }),
    expires_at: NOW + index,
  });
}

/** A text on two Pages as the database has it in the end, with the events that were told. */
function publishedPost(): { document: PostDocument; events: PostDocument["events"] } {
  const tasks = ACCOUNTS.map((accountId) => ({ accountId, platform: "facebook" as const, hasComment: false }));
  let document = acceptedPost({ postId: `post_${ulid(0)}`, scheduledAt: NOW, tasks });
  const take = <R>(next: { document: PostDocument; answer: R }): R => {
    document = next.document;
    return next.answer;
  };
  for (const message of take(wake(document, NOW))) {
    const begun = take(begin(document, message, NOW));
    if (begun.is !== "begin") throw new Error("a task was not begun");
    const holder = { ...message, lease: begun.lease };
    const timing = settleTiming(1);
    take(arm(document, holder, { version: 1, progress: { photos: [], absentAt: [] } }, NOW, timing));
    const post = {
      id: "102030405060708_1000000000000000",
      permalink: "https://www.facebook.com/1020304050/posts/100000",
    };
    const call = { is: "commit", at: NOW, ms: 900, name: "feed", outcome: "live" } as const;
    take(report(document, holder, { is: "live", attempt: 1, post }, NOW + 900, timing, [call]));
  }
  const { events, seq } = document;
  take(acknowledge(document, { seq, wakeBy: null, eventIds: [], audit: [] }, NOW));
  return { document, events };
}
