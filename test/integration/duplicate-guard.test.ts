import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { advance, drive, holdTime, refOf } from "./helpers/drive.ts";

const DAY = 86_400_000;

let workspace: TestWorkspace;
let account: string;
let other: string;
beforeAll(async () => {
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
  other = await newAccount(workspace, "facebook");
  await call("PATCH", "/v1/workspace", { key: workspace.test, body: { duplicate_guard: true } });
});
beforeEach(holdTime);

const tomorrow = () => new Date(Date.now() + DAY).toISOString();
const say = (content: string, fields: Record<string, unknown> = {}, headers = {}) =>
  publish(workspace, { content, accounts: [account], schedule: tomorrow(), ...fields }, headers);
const rows = async () =>
  (await env.DB.prepare("SELECT count(*) AS n FROM recent_contents").first<{ n: number }>())?.n ?? 0;

let counter = 0;
const words = () => `Words ${counter++}`;

function expectDuplicate(answer: Answer, first: Answer, on = account): void {
  expect([answer.status, answer.body]).toMatchObject([
    409,
    {
      error: {
        code: "duplicate_content",
        message: `${first.body.id} says the same on ${on} and is less than a day old. Publish it again with allow_duplicate.`,
        field: "content",
      },
    },
  ]);
}

describe("the setting", () => {
  it("is off until it is set, and each setting is set by itself", async () => {
    const { test: key } = await newWorkspace();
    const settings = async () => (await call("GET", "/v1/workspace", { key })).body;
    const change = (body: object) => call("PATCH", "/v1/workspace", { key, body });
    expect(await settings()).toMatchObject({ duplicate_guard: false, publish_within_seconds: null });
    await change({ publish_within_seconds: 600 });
    expect((await change({ duplicate_guard: true })).body).toMatchObject({
      duplicate_guard: true,
      publish_within_seconds: 600,
    });
    await change({ publish_within_seconds: null });
    expect(await settings()).toMatchObject({ duplicate_guard: true, publish_within_seconds: null });
    const refused = await change({ duplicate_guard: "yes" });
    expect([refused.status, refused.body.error.field]).toEqual([400, "duplicate_guard"]);
  });

  it("costs nothing while it is off", async () => {
    const mine = await newWorkspace();
    const on = await newAccount(mine, "facebook");
    const before = await rows();
    const spy = vi.spyOn(env.DB, "prepare");
    for (let i = 0; i < 2; i++) {
      expect((await publish(mine, { content: "Twice", accounts: [on] })).status).toBe(202);
    }
    expect(spy.mock.calls.filter(([sql]) => /INSERT INTO recent_contents/.test(sql))).toEqual([]);
    spy.mockRestore();
    expect(await rows()).toBe(before);
  });
});

describe("the same text and media to the same account", () => {
  it("is refused within a day, and named", async () => {
    const text = words();
    const first = await say(text);
    expect(first.status).toBe(202);
    expectDuplicate(await say(text), first);
    // As platforms compare texts.
    expectDuplicate(await say(`  ${text.replace(" ", "\n ")}\u200b `), first);
    advance(DAY - 1);
    expectDuplicate(await say(text), first);
    advance(1);
    const again = await say(text);
    expect(again.status).toBe(202);
    expectDuplicate(await say(text), again);
  });

  it("is not the same with other media, in another order, or with another link", async () => {
    const text = words();
    const media = [await newPicture(workspace), await newPicture(workspace)];
    const link = (address: string) => ({ options: { facebook: { link: address } } });
    const fields = [
      {},
      { media },
      { media: media.toReversed() },
      link("https://example.com/1"),
      link("https://example.com/2"),
    ];
    for (const each of fields) expect((await say(text, each)).status).toBe(202);
    for (const each of fields) expect((await say(text, each)).status).toBe(409);
  });

  it("is what goes to the account: the platform's own text where it has one", async () => {
    const text = words();
    const first = await say("All", { options: { facebook: { content: text } } });
    expectDuplicate(await say(text), first);
  });

  it("is another on another account, in another mode and in another workspace", async () => {
    const text = words();
    const first = await say(text);
    const both = await say(text, { accounts: [other, account] });
    expectDuplicate(both, first);
    const elsewhere = await say(text, { accounts: [other] });
    expect(elsewhere.status).toBe(202);
    expectDuplicate(await say(text, { accounts: [other] }), elsewhere, other);
    const mine = await newWorkspace();
    await call("PATCH", "/v1/workspace", { key: mine.test, body: { duplicate_guard: true } });
    expect((await publish(mine, { content: text, accounts: [await newAccount(mine, "facebook")] })).status).toBe(202);
  });

  it("may be said again where a request says so, and the first stays the one that is named", async () => {
    const text = words();
    const first = await say(text);
    expect((await say(text, { allow_duplicate: true })).status).toBe(202);
    expectDuplicate(await say(text, { allow_duplicate: false }), first);
  });

  it("does not count once it was canceled, or has failed", async () => {
    const text = words();
    const canceled = await say(text);
    await call("DELETE", `/v1/posts/${canceled.body.id}`, { key: workspace.test });
    const second = await say(text);
    expect(second.status).toBe(202);
    expectDuplicate(await say(text), second);

    const broken = await newAccount(workspace, "facebook", "token_expired");
    const failed = await say(text, { accounts: [broken], schedule: "now" });
    await drive(refOf(workspace, failed));
    expect((await say(text, { accounts: [broken] })).status).toBe(202);
  });

  it("counts once it is published", async () => {
    const text = words();
    const first = await say(text, { schedule: "now" });
    await drive(refOf(workspace, first));
    expectDuplicate(await say(text), first);
  });

  it("is real time's to forget: test mode's clock changes nothing", async () => {
    const mine = await newWorkspace();
    await call("PATCH", "/v1/workspace", { key: mine.test, body: { duplicate_guard: true } });
    const body = { content: words(), accounts: [await newAccount(mine, "facebook")] };
    const first = await publish(mine, body);
    await call("POST", "/v1/sandbox/clock", { key: mine.test, body: { advance_seconds: 172_800 } });
    expectDuplicate(await publish(mine, body), first, body.accounts[0]);
  });

  it.each([true, false])("twenty at once: one wins, with keys: %s", async (withKeys) => {
    const text = words();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => say(text, {}, withKeys ? { "Idempotency-Key": `${text} ${i}` } : {})),
    );
    const won = answers.filter(({ status }) => status === 202);
    expect(won).toHaveLength(1);
    for (const lost of answers.filter(({ status }) => status !== 202)) expectDuplicate(lost, won[0] as Answer);
  });
});

describe("a replay", () => {
  it("is never refused", async () => {
    const text = words();
    const headers = { "Idempotency-Key": text };
    const body = { schedule: tomorrow() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => say(text, body, headers)));
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(202);
    vi.spyOn(env.IDEMPOTENCY, "get").mockResolvedValue(null as never);
    expect((await say(text, body, headers)).text).toBe(answers[0]?.text);
    vi.restoreAllMocks();
  });

  it("of a batch whose answer was lost finds its own post", async () => {
    const text = words();
    const batch = env.DB.batch.bind(env.DB);
    let lost = false;
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      const results = await batch(statements);
      if (statements.length <= 5 || lost) return results as never;
      lost = true;
      throw new Error("D1_ERROR: Network connection lost.");
    });
    const first = await say(text);
    vi.restoreAllMocks();
    expect([first.status, lost]).toEqual([202, true]);
    expectDuplicate(await say(text), first);
  });

  it("after a refusal finds its key free", async () => {
    const text = words();
    const first = await say(text);
    const headers = { "Idempotency-Key": `${text} again` };
    expectDuplicate(await say(text, {}, headers), first);
    await call("DELETE", `/v1/posts/${first.body.id}`, { key: workspace.test });
    expect((await say(text, {}, headers)).status).toBe(202);
  });
});

it("a key that is free again tells nothing of the post that had it", async () => {
  const text = words();
  const keyed = () => say(text, { schedule: undefined }, { "Idempotency-Key": text });
  expect((await keyed()).status).toBe(202);
  advance(30 * DAY);
  const first = await say(text);
  expectDuplicate(await keyed(), first);
});

describe("the dry run", () => {
  it("tells it too, and remembers nothing", async () => {
    const text = words();
    const body = { content: text, accounts: [other, account] };
    const validate = (fields = {}) =>
      call("POST", "/v1/publish/validate", { key: workspace.test, body: { ...body, ...fields } });
    expect((await validate()).body.valid).toBe(true);
    expect((await validate()).body.valid).toBe(true);
    const first = await say(text);
    const found = await validate();
    expect(found.body).toMatchObject({
      valid: false,
      violations: [{ account_id: account, field: "content", code: "duplicate_content" }],
    });
    expect(found.body.violations[0].message).toContain(first.body.id);
    expect((await validate({ allow_duplicate: true })).body.valid).toBe(true);
  });
});

describe("the sweeper", () => {
  it("forgets what may be said again, and nothing else", async () => {
    const [old, recent] = [words(), words()];
    await say(old);
    advance(DAY - 1_000);
    const first = await say(recent);
    advance(1_000);
    await env.SWEEPER.getByName(SWEEPER_NAME).sweep();
    const left = await env.DB.prepare("SELECT post_id FROM recent_contents WHERE expires_at <= ?")
      .bind(Date.now())
      .all();
    expect(left.results).toEqual([]);
    expectDuplicate(await say(recent), first);
  });
});
