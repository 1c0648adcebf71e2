import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace } from "./helpers/api.ts";
import type { ConsoleBrowser, Page } from "./helpers/console.ts";
import { newMember, pageOf } from "./helpers/console.ts";
import { holdTime } from "./helpers/drive.ts";

/*
 * The posts by their days: as a month, a week or a list.
 */

let workspace: TestWorkspace;
let facebook: string;
let instagram: string;
let viewer: ConsoleBrowser;
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
  facebook = await newAccount(workspace, "facebook");
  instagram = await newAccount(workspace, "instagram");
  await call("PATCH", "/v1/workspace", { key: workspace.test, body: { time_zone: "Europe/Berlin" } });
  viewer = await newMember(workspace, "viewer");
});
afterEach(() => vi.restoreAllMocks());

let stored = 0;

interface Stored {
  at: string;
  content?: string;
  status?: string;
  account?: string;
  media?: string[];
  externalId?: string | null;
}

/** A post as it was projected. The later it is stored, the later it was made. */
async function store({ at, content = "", status = "queued", media = [], externalId = null, ...others }: Stored) {
  const id = `post_01M8A${String(stored++).padStart(21, "0")}`;
  const accountId = others.account ?? facebook;
  const platform = accountId === instagram ? "instagram" : "facebook";
  const state = { tasks: [{ accountId, platform, status }] };
  await env.DB.prepare(
    `INSERT INTO posts (workspace_id, mode, id, created_at, version, content, media, options, platforms, scheduled_at,
      status, state, seq, external_id) VALUES (?, 'test', ?, 0, 1, ?, ?, '{}', ?, ?, ?, ?, 0, ?)`,
  )
    .bind(
      workspace.id,
      id,
      content,
      JSON.stringify(media),
      JSON.stringify([platform]),
      Date.parse(at),
      status,
      JSON.stringify(state),
      externalId,
    )
    .run();
  await env.DB.prepare(
    "INSERT INTO tasks (workspace_id, mode, account_id, post_id, platform) VALUES (?, 'test', ?, ?, ?)",
  )
    .bind(workspace.id, accountId, id, platform)
    .run();
  return id;
}

const get = (query: string, by = viewer) => by.get(`${pageOf(workspace, "calendar")}?${query}`);
const mainOf = ({ text }: Page) => /<main[\s\S]*<\/main>/.exec(text)?.[0] ?? "";

/** What is shown of each day that has something, by the day. */
function daysOf(page: Page): Record<string, string[]> {
  const cells = mainOf(page)
    .split(/<li class="day/)
    .slice(1);
  return Object.fromEntries(
    cells
      .map((cell): [string, string[]] => [
        /<time datetime="(\d{4}-\d\d-\d\d)"/i.exec(cell)?.[1] ?? "",
        [...cell.matchAll(/<span class="words">([^<]*)</g)].map((match) => match[1] ?? ""),
      ])
      .filter(([, words]) => words.length > 0),
  );
}

describe("the month", () => {
  it("shows each post on the day that the workspace's clocks show, also where they are set", async () => {
    // Clocks go from 02:00 to 03:00 on 29 March 2026, and the day ends at 22:00 in UTC.
    await store({ at: "2026-03-28T22:59:59Z", content: "Saturday" });
    await store({ at: "2026-03-28T23:00:00Z", content: "Sunday, first" });
    await store({ at: "2026-03-29T21:59:59Z", content: "Sunday, last" });
    await store({ at: "2026-03-29T22:00:00Z", content: "Monday" });
    await store({ at: "2026-03-31T22:00:00Z", content: "April" });
    const page = await get("day=2026-03-12");
    expect(mainOf(page)).toContain("<h2>March 2026</h2>");
    expect(mainOf(page)).toContain("On the clocks of Europe/Berlin.");
    expect(daysOf(page)).toEqual({
      "2026-03-28": ["Saturday"],
      "2026-03-29": ["Sunday, first", "Sunday, last"],
      "2026-03-30": ["Monday"],
    });
    expect(mainOf(page)).toContain(">23:59</time>");
    expect(mainOf(page).match(/<li class="day/g)).toHaveLength(31);
    // March 2026 begins on a Sunday.
    expect(mainOf(page)).toContain('class="day none from-6"');
  });

  it("leads to the months around, and to all posts of a day that has many", async () => {
    for (let i = 0; i < 5; i += 1) await store({ at: `2026-05-06T1${i}:00:00Z`, content: `Number ${i}` });
    const page = await get("day=2026-05-06");
    expect(daysOf(page)).toEqual({ "2026-05-06": ["Number 0", "Number 1", "Number 2"] });
    const links = [...mainOf(page).matchAll(/href="([^"]+)"/g)].map((match) => match[1]?.replaceAll("&amp;", "&"));
    for (const query of ["view=month&day=2026-04-01", "view=month&day=2026-06-01", "view=list&day=2026-05-06"]) {
      expect(links).toContain(`${pageOf(workspace, "calendar")}?${query}`);
    }
    const list = mainOf(await get("view=list&day=2026-05-06"));
    expect(list.match(/<th scope="row"/g)).toHaveLength(5);
    expect(list).toContain("Posts of 6 May 2026.");
  });

  it("shows what a post is of: its first picture, platform, time, words and status", async () => {
    const id = await store({
      at: "2026-07-01T08:30:00Z",
      content: `<b>${"long ".repeat(40)}`,
      status: "failed",
      account: instagram,
      media: ["media_1", "media_2"],
    });
    const main = mainOf(await get("day=2026-07-01"));
    expect(main).toContain(`href="${pageOf(workspace, `posts/${id}`)}"`);
    expect(main).toMatch(/<img class="thumb" src="[^"]+\/media\/media_1\?width=160" width="48" height="48" alt=""/);
    expect(main).toContain('alt="Instagram"');
    expect(main).toContain(">10:30</time>");
    expect(main).toContain('<span class="badge bad">Failed</span>');
    expect(main).toContain("&lt;b&gt;long");
    expect(main).not.toContain("long ".repeat(20));
  });

  it("offers a new post on a day that is to come, to who may write", async () => {
    const editor = await newMember(workspace, "editor");
    const today = new Date(Date.now()).toISOString().slice(0, 10);
    const next = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
    const path = pageOf(workspace, "compose");
    expect(mainOf(await get(`day=${next}`, editor))).toContain(`href="${path}?day=${next}"`);
    expect(mainOf(await get(`day=${next}`))).not.toContain("compose");
    const past = mainOf(await get("day=2026-01-01", editor));
    expect(past).not.toContain("?day=2026-01-01");
    expect(mainOf(await get("", editor))).toMatch(new RegExp(`<li class="day [^"]*today|${today}`));
  });
});

describe("the week", () => {
  it("goes from Monday to Sunday, whichever day is named", async () => {
    await store({ at: "2026-08-10T10:00:00Z", content: "Monday" });
    await store({ at: "2026-08-16T21:59:00Z", content: "Sunday" });
    await store({ at: "2026-08-16T22:00:00Z", content: "The next Monday" });
    for (const day of ["2026-08-10", "2026-08-13", "2026-08-16"]) {
      const page = await get(`view=week&day=${day}`);
      expect(daysOf(page)).toEqual({ "2026-08-10": ["Monday"], "2026-08-16": ["Sunday"] });
      expect(mainOf(page)).toContain("10 August 2026 – 16 August 2026");
    }
  });
});

describe("the list", () => {
  it("has pages, each of which goes on behind the one before", async () => {
    const own = await newWorkspace();
    const account = await newAccount(own, "facebook");
    const ids: string[] = [];
    const lines = Array.from({ length: 60 }, (_, i) =>
      JSON.stringify({ content: `Line ${i}`, accounts: [account], schedule: new Date(Date.now() + 9e6).toISOString() }),
    );
    const headers = { "Content-Type": "application/x-ndjson" };
    await call("POST", "/v1/publish/bulk", { key: own.test, headers, body: lines.join("\n") });
    const person = await newMember(own, "viewer");
    let path = `${pageOf(own, "calendar")}?view=list`;
    for (const count of [50, 10]) {
      const main = mainOf(await person.get(path));
      const found = [...main.matchAll(/\/posts\/(post_\w+)"/g)].map((match) => match[1] ?? "");
      expect(found).toHaveLength(count);
      ids.push(...found);
      path = (/rel="next" href="([^"]+)"/.exec(main)?.[1] ?? "").replaceAll("&amp;", "&");
    }
    expect(path).toBe("");
    expect(new Set(ids).size).toBe(60);
    expect(ids).toEqual([...ids].sort().reverse());
  });

  it("finds posts by their client's own name for them", async () => {
    await store({ at: "2026-09-01T10:00:00Z", content: "The named one", externalId: "article-42" });
    const main = mainOf(await get("view=list&external_id=article-42"));
    expect(main.match(/<th scope="row"/g)).toHaveLength(1);
    expect(main).toContain("The named one");
  });
});

describe("every view", () => {
  it.each(["month", "week", "list"])("can be narrowed by status, platform and account: %s", async (view) => {
    const day = { month: "2025-02-10", week: "2025-03-10", list: "2025-04-10" }[view] ?? "";
    const at = `${day}T10:00:00Z`;
    await store({ at, content: "One", status: "queued", account: facebook });
    await store({ at, content: "Two", status: "failed", account: facebook });
    await store({ at, content: "Three", status: "failed", account: instagram });
    const shown = async (query: string) => {
      const main = mainOf(await get(`view=${view}&day=${day}${query}`));
      return ["One", "Two", "Three"].filter((words) => main.includes(`>${words}<`));
    };
    expect(await shown("")).toEqual(["One", "Two", "Three"]);
    expect(await shown("&status=failed")).toEqual(["Two", "Three"]);
    expect(await shown("&platform=instagram")).toEqual(["Three"]);
    expect(await shown(`&account=${facebook}`)).toEqual(["One", "Two"]);
    expect(await shown(`&status=failed&account=${facebook}&platform=facebook`)).toEqual(["Two"]);
    expect(await shown("&status=published")).toEqual([]);
    const none = mainOf(await get(`view=${view}&day=${day}&status=published`));
    expect(none).toContain("No post matches the filters.");
    expect(none).toContain('<option value="published" selected');
  });

  it("leaves out what an address does not mean", async () => {
    for (const query of ["view=year", "day=2026-02-30", "status=lost", "account=x", "after=x", "platform=x"]) {
      expect([query, (await get(query)).status]).toEqual([query, 200]);
    }
  });

  it("has what a member's groups reach, and of one mode alone", async () => {
    const key = workspace.test;
    const group = (await call("POST", "/v1/account-groups", { key, body: { name: "A client" } })).body.id;
    await call("PATCH", `/v1/accounts/${instagram}`, { key, body: { group_id: group } });
    await store({ at: "2026-10-05T10:00:00Z", content: "Theirs", account: instagram });
    await store({ at: "2026-10-05T11:00:00Z", content: "Others'", account: facebook });
    const member = await newMember(workspace, "editor", { groups: [group] });
    for (const view of ["month", "week", "list"]) {
      const main = mainOf(await get(`view=${view}&day=2026-10-05`, member));
      expect([view, main.includes("Theirs"), main.includes("Others")]).toEqual([view, true, false]);
      const live = await viewer.get(`${pageOf(workspace, "calendar", "live")}?view=${view}&day=2026-10-05`);
      expect(mainOf(live)).not.toContain("Theirs");
    }
  });

  it("says what to do where there is nothing", async () => {
    const editor = await newMember(workspace, "editor");
    const main = mainOf(await get("day=2020-01-01", editor));
    expect(main).toContain("Nothing is scheduled in this time.");
    expect(main).toContain("Write a post");
    expect(mainOf(await get("day=2020-01-01"))).not.toContain("Write a post");
  });
});

describe("the cost of a month", () => {
  it("is the first posts of each day, by the index of their times", async () => {
    const spy = vi.spyOn(env.DB, "prepare");
    await get("day=2026-03-12");
    const [sql = ""] = spy.mock.calls.map(([text]) => text).filter((text) => text.includes("AS day"));
    spy.mockRestore();
    const params = Array.from({ length: sql.split("?").length - 1 }, () => "1");
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...params)
      .all<{ detail: string }>();
    const plan = results.map(({ detail }) => detail).join("; ");
    expect(plan).toContain("posts_by_schedule (workspace_id=? AND mode=? AND scheduled_at>? AND scheduled_at<?)");
    expect(plan).toContain("SEARCH posts USING PRIMARY KEY (workspace_id=? AND mode=? AND id=?)");
    expect(plan).not.toMatch(/SCAN posts/);
  });
});
