import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { advance, drive, getPost, holdTime, refOf } from "./helpers/drive.ts";

const SECOND = 1_000;
const DAY = 86_400_000;

let workspace: TestWorkspace;
let instagram: string;
let facebook: string;
beforeAll(async () => {
  workspace = await newWorkspace();
  instagram = await newAccount(workspace, "instagram");
  facebook = await newAccount(workspace, "facebook");
});
beforeEach(holdTime);

const list = (query = "", key = workspace.test) => call("GET", `/v1/posts${query}`, { key });
const idsOf = (answer: Answer) => answer.body.posts.map((post: { id: string }) => post.id);

describe("POST /v1/publish", () => {
  it("answers what was accepted, in the contract's order", async () => {
    const at = Math.ceil((Date.now() + DAY) / SECOND) * SECOND;
    const body = { content: "Hi", accounts: [facebook], schedule: new Date(at).toISOString() };
    const answer = await publish(workspace, body);
    expect(answer.status).toBe(202);
    expect(Object.keys(answer.body)).toEqual(["id", "status", "scheduled_at", "platforms", "tasks"]);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^post_/),
      status: "queued",
      scheduled_at: new Date(at).toISOString().replace(".000Z", "Z"),
      platforms: ["facebook"],
      tasks: [{ account_id: facebook, platform: "facebook", status: "queued" }],
    });
  });

  it("names a platform that nothing goes to", async () => {
    const body = { content: "Hi", accounts: [facebook], platforms: ["instagram", "facebook"] };
    const answer = await publish(workspace, body);
    expect(answer.body.platforms).toEqual(["instagram", "facebook"]);
    expect(answer.body.warnings).toEqual([
      "platforms lists instagram, and none of the accounts is on it: nothing goes there.",
    ]);
  });

  it.each([
    ["without a schedule", undefined],
    ['with "now"', "now"],
    ["a little in the past", -4 * 60 * SECOND],
  ])("%s publishes at once, and says when it was accepted", async (_name, schedule) => {
    const now = Date.now();
    const when = typeof schedule === "number" ? new Date(now + schedule).toISOString() : schedule;
    const answer = await publish(workspace, {
      content: "Now",
      accounts: [facebook],
      ...(when ? { schedule: when } : {}),
    });
    expect(answer.body.scheduled_at).toBe(`${new Date(now).toISOString().slice(0, 19)}Z`);
    await drive(refOf(workspace, answer));
    expect(Date.now() - now).toBeLessThan(SECOND);
  });

  it("takes any offset, rounds up to the second and answers in UTC", async () => {
    const hour = Math.ceil(Date.now() / 3_600_000) * 3_600_000 + DAY;
    const local = new Date(hour + 2 * 3_600_000).toISOString().replace(".000Z", ".001+02:00");
    const answer = await publish(workspace, { content: "Zone", accounts: [facebook], schedule: local });
    expect(answer.body.scheduled_at).toBe(new Date(hour + SECOND).toISOString().replace(".000Z", "Z"));
  });

  it("takes an empty text where no text is needed", async () => {
    const media = [await newPicture(workspace)];
    const accepted = await publish(workspace, { content: "", accounts: [instagram, facebook], media });
    expect(accepted.status).toBe(202);
    await drive(refOf(workspace, accepted));
    expect((await getPost(workspace, refOf(workspace, accepted))).body.status).toBe("published");
    const link = { content: "", accounts: [facebook], options: { facebook: { link: "https://example.com/" } } };
    expect((await publish(workspace, link)).status).toBe(202);
  });

  it("is told what an unconnected account will do", async () => {
    const expired = await newAccount(workspace, "facebook", "token_expired");
    await drive(refOf(workspace, await publish(workspace, { content: "1", accounts: [expired] })));
    const answer = await publish(workspace, { content: "2", accounts: [expired] });
    expect(answer.status).toBe(202);
    expect(answer.body.warnings).toEqual([`${expired} must be connected again before anything is published on it.`]);
  });
});

describe("GET /v1/posts/{id}", () => {
  it("answers the post with the result of each account", async () => {
    const other = await newAccount(workspace, "facebook", "token_expired");
    const accepted = await publish(workspace, { content: "Two", accounts: [facebook, other] });
    const ref = refOf(workspace, accepted);
    await drive(ref);
    const { body, status } = await getPost(workspace, ref);
    expect(status).toBe(200);
    expect(Object.keys(body).slice(0, 4)).toEqual(["id", "content", "status", "tasks"]);
    expect(Object.keys(body.tasks[0]).slice(0, 4)).toEqual(["account_id", "platform", "status", "published_at"]);
    expect(body).toMatchObject({
      id: ref.postId,
      content: "Two",
      status: "partially_published",
      version: 1,
      media: [],
    });
    expect(body.tasks[0]).toMatchObject({ account_id: facebook, status: "published", error: null });
    expect(body.tasks[1]).toEqual({
      account_id: other,
      platform: "facebook",
      status: "failed",
      published_at: null,
      platform_post_id: null,
      permalink: null,
      error: {
        code: "account_needs_reconnect",
        message: "The account's access has expired: connect the account again.",
        retryable: true,
        platform: {
          code: "190/463",
          message: "Error validating access token: Session has expired.",
          trace_id: expect.any(String),
        },
      },
      next_attempt_at: null,
    });
  });
});

describe("GET /v1/posts", () => {
  it("answers newest first, 25 at a time, with a total and a cursor", async () => {
    const mine = await newWorkspace();
    const account = await newAccount(mine, "facebook");
    const ids: string[] = [];
    for (let i = 0; i < 30; i++) {
      advance(SECOND);
      const schedule = new Date(Date.now() + DAY).toISOString();
      ids.unshift((await publish(mine, { content: `${i}`, accounts: [account], schedule })).body.id);
    }
    const first = await list("", mine.test);
    expect([first.body.total, idsOf(first)]).toEqual([30, ids.slice(0, 25)]);
    expect(first.body.posts[0]).toEqual({
      id: ids[0],
      content: "29",
      status: "queued",
      platforms: ["facebook"],
      created_at: expect.stringMatching(/Z$/),
      scheduled_at: expect.stringMatching(/Z$/),
      tasks: [{ account_id: account, platform: "facebook", status: "queued" }],
      external_id: null,
      metadata: {},
    });

    // The list stays as it is for whoever walks through it, whatever comes and goes meanwhile.
    advance(SECOND);
    await publish(mine, { content: "new", accounts: [account], schedule: new Date(Date.now() + DAY).toISOString() });
    await call("DELETE", `/v1/posts/${ids[26]}`, { key: mine.test });
    const second = await list(`?cursor=${first.body.next_cursor}`, mine.test);
    expect([second.body.total, idsOf(second), second.body.next_cursor]).toEqual([31, ids.slice(25), null]);

    const walked: string[] = [];
    for (let cursor = ""; ; ) {
      const page = await list(`?limit=7${cursor}`, mine.test);
      walked.push(...idsOf(page));
      if (page.body.next_cursor === null) break;
      cursor = `&cursor=${page.body.next_cursor}`;
    }
    expect(walked.slice(1)).toEqual(ids);
  });

  it("filters by status, platform, account and time, and counts what matches", async () => {
    const mine = await newWorkspace();
    const [ig, fb] = [await newAccount(mine, "instagram"), await newAccount(mine, "facebook")];
    const media = [await newPicture(mine)];
    const at = (days: number) => new Date(Math.ceil(Date.now() / SECOND) * SECOND + days * DAY).toISOString();
    const out = await publish(mine, { content: "out", accounts: [fb] });
    await drive(refOf(mine, out));
    advance(SECOND);
    const both = await publish(mine, { content: "both", accounts: [ig, fb], media, schedule: at(1) });
    advance(SECOND);
    const one = await publish(mine, { content: "one", accounts: [ig], media, schedule: at(2) });
    const [o, b, i] = [out.body.id, both.body.id, one.body.id];
    for (const [query, ids] of [
      ["", [i, b, o]],
      ["?status=published", [o]],
      ["?status=queued", [i, b]],
      ["?status=failed", []],
      ["?platform=instagram", [i, b]],
      ["?platform=facebook", [b, o]],
      [`?account_id=${ig}`, [i, b]],
      ["?account_id=acc_missing", []],
      [`?from=${encodeURIComponent(both.body.scheduled_at)}`, [i, b]],
      [`?to=${encodeURIComponent(both.body.scheduled_at)}`, [o]],
      [`?from=${both.body.scheduled_at}&to=${one.body.scheduled_at}`, [b]],
      [`?status=queued&platform=facebook&account_id=${fb}`, [b]],
    ] as const) {
      const answer = await list(query, mine.test);
      expect([query, idsOf(answer), answer.body.total]).toEqual([query, ids, ids.length]);
    }
    const page = await list("?status=queued&limit=1", mine.test);
    const elsewhere = await list(`?status=published&cursor=${page.body.next_cursor}`, mine.test);
    expect([elsewhere.status, elsewhere.body.error.field]).toEqual([400, "cursor"]);
  });

  it("keeps live and test apart", async () => {
    expect((await list("", workspace.live)).body).toEqual({ posts: [], total: 0, next_cursor: null });
  });
});
