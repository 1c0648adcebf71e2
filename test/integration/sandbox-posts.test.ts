import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { advance, drive, getPost, holdTime, publicPosts, refOf } from "./helpers/drive.ts";

const SECOND = 1_000;

let workspace: TestWorkspace;
let facebook: string;
let instagram: string;
beforeEach(async () => {
  holdTime();
  advance(SECOND - (Date.now() % SECOND));
  workspace = await newWorkspace();
  [facebook, instagram] = [await newAccount(workspace, "facebook"), await newAccount(workspace, "instagram")];
});
afterEach(() => vi.restoreAllMocks());

const print = (at: number) => new Date(at).toISOString().replace(".000Z", "Z");
const list = (query = "", from = workspace): Promise<Answer> =>
  call("GET", `/v1/sandbox/posts${query}`, { key: from.test });
const texts = (answer: Answer) => answer.body.posts.map((post: { text: string }) => post.text);

/** Publishes, a second after what was published before. */
async function goOut(content: string, fields: Record<string, unknown> = {}) {
  advance(SECOND);
  const accepted = await publish(workspace, { content, accounts: [facebook], ...fields });
  if (accepted.status !== 202) throw new Error(accepted.text);
  await drive(refOf(workspace, accepted));
  return refOf(workspace, accepted);
}

/** No batch that writes into the table is carried out, until all is restored. */
function failWriting(table: string): void {
  const prepare = env.DB.prepare.bind(env.DB);
  vi.spyOn(env.DB, "prepare").mockImplementation((query) => {
    if (query.includes(`INSERT INTO ${table}`)) throw new Error("D1_ERROR: away");
    return prepare(query);
  });
}

describe("GET /v1/sandbox/posts", () => {
  it("lists what became public on all accounts, newest first, as followers see it", async () => {
    const start = Date.now();
    const link = "https://example.com/story";
    await goOut("A link", { options: { facebook: { link } } });
    const picture = await newPicture(workspace);
    const ref = await goOut("A picture", { accounts: [instagram], media: [picture] });
    await goOut("Two pictures", { media: [picture, await newPicture(workspace)] });
    await publish(workspace, { content: "Not yet", accounts: [facebook], schedule: print(Date.now() + 60 * SECOND) });

    const { status, body } = await list();
    expect(status).toBe(200);
    const [task] = (await getPost(workspace, ref)).body.tasks;
    const media = { url: expect.stringContaining("/media/media_"), type: "image", alt_text: null };
    const [album, image, story] = body.posts;
    expect(body.next_cursor).toBeNull();
    expect(body.posts).toHaveLength(3);
    expect(album).toMatchObject({ account_id: facebook, kind: "photos", text: "Two pictures", media: [media, media] });
    expect(image).toEqual({
      id: task.platform_post_id,
      account_id: instagram,
      platform: "instagram",
      kind: "image",
      text: "A picture",
      link: null,
      media: [media],
      comments: [],
      permalink: task.permalink,
      created_at: task.published_at,
    });
    expect(story).toMatchObject({ kind: "link", link, media: [], created_at: print(start + SECOND) });

    const served = await exports.default.fetch(image.media[0].url);
    expect([served.status, served.headers.get("Content-Type")]).toEqual([200, "image/jpeg"]);
    await served.arrayBuffer();
  });

  it("of one account lists its own", async () => {
    const other = await newAccount(workspace, "facebook");
    await goOut("Here");
    await goOut("There", { accounts: [other] });
    expect(texts(await list(`?account_id=${facebook}`))).toEqual(["Here"]);
    expect(texts(await list(`?account_id=${other}`))).toEqual(["There"]);
    expect((await list("?account_id=acc_unknown")).body).toEqual({ posts: [], next_cursor: null });
  });

  it("pages through, without a post twice or left out", async () => {
    for (const content of ["1", "2", "3", "4", "5"]) await goOut(content);
    const seen: string[] = [];
    let cursor = "";
    for (let pages = 1; ; pages++) {
      const page = await list(`?limit=2${cursor}`);
      seen.push(...texts(page));
      // What becomes public meanwhile does not move what is behind it.
      if (pages === 1) await goOut("6");
      if (page.body.next_cursor === null) break;
      cursor = `&cursor=${page.body.next_cursor}`;
    }
    expect(seen).toEqual(["5", "4", "3", "2", "1"]);
    const foreign = await list(`?account_id=${facebook}${cursor}`);
    expect([foreign.status, foreign.body.error.field]).toEqual([400, "cursor"]);
  });

  it("names no account for a post whose account is gone", async () => {
    await goOut("Left behind");
    await env.DB.prepare("DELETE FROM accounts WHERE id = ?").bind(facebook).run();
    expect((await list()).body.posts).toMatchObject([{ account_id: null, text: "Left behind" }]);
  });

  it("is the workspace's own", async () => {
    await goOut("Mine");
    const other = await newWorkspace();
    expect((await list("", other)).body.posts).toEqual([]);
    expect((await list(`?account_id=${facebook}`, other)).body.posts).toEqual([]);
  });

  it.each([
    ["?limit=0", "limit"],
    ["?limit=101", "limit"],
    ["?limit=x", "limit"],
    ["?cursor=x", "cursor"],
    ["?status=published", "status"],
  ])("refuses %s", async (query, field) => {
    const answer = await list(query);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", field]);
  });
});

describe("DELETE /v1/sandbox/posts", () => {
  it("removes all that is public, and only in this workspace", async () => {
    const ref = await goOut("Gone");
    await goOut("Gone as well", { accounts: [instagram], media: [await newPicture(workspace)] });
    const other = await newWorkspace();
    const theirs = await newAccount(other, "facebook");
    await drive(refOf(other, await publish(other, { content: "Stays", accounts: [theirs] })));
    const [post] = (await list()).body.posts;

    const answer = await call("DELETE", "/v1/sandbox/posts", { key: workspace.test });
    expect([answer.status, answer.text]).toEqual([200, '{"success":true}']);
    expect((await list()).body).toEqual({ posts: [], next_cursor: null });
    expect((await call("GET", new URL(post.permalink).pathname)).status).toBe(404);
    expect(await publicPosts(workspace, instagram)).toEqual([]);
    expect(await publicPosts(other, theirs)).toHaveLength(1);
    // What was published was published.
    expect((await getPost(workspace, ref)).body.status).toBe("published");

    await goOut("Next");
    expect(texts(await list())).toEqual(["Next"]);
  });

  it.each<[string, number, () => void]>([
    [
      "never reached the sandbox",
      500,
      () => vi.spyOn(servicesOf(env), "clearSandbox").mockRejectedValueOnce(new Error()),
    ],
    ["was done, and the database was away", 500, () => failWriting("audit_log")],
    ["was answered", 200, () => {}],
  ])(
    "leaves what became public since, when it is sent again with its key after it %s",
    async (_name, status, spoil) => {
      const clear = () =>
        call("DELETE", "/v1/sandbox/posts", { key: workspace.test, headers: { "Idempotency-Key": "clear-1" } });
      await goOut("Gone");
      spoil();
      expect((await clear()).status).toBe(status);
      vi.restoreAllMocks();
      await goOut("Stays");
      expect((await clear()).text).toBe('{"success":true}');
      expect(texts(await list())).toEqual(["Stays"]);
      const lines = await env.DB.prepare("SELECT 1 FROM audit_log WHERE workspace_id = ? AND action = ?")
        .bind(workspace.id, "sandbox.posts_cleared")
        .all();
      expect(lines.results).toHaveLength(1);
    },
  );

  it("takes no parameters", async () => {
    const answer = await call("DELETE", `/v1/sandbox/posts?account_id=${facebook}`, { key: workspace.test });
    expect([answer.status, answer.body.error.field]).toEqual([400, "account_id"]);
  });
});

it.each(["GET", "DELETE"])("%s /v1/sandbox/posts is not there for a live key", async (method) => {
  const answer = await call(method, "/v1/sandbox/posts", { key: workspace.live });
  expect([answer.status, answer.body.error]).toMatchObject([
    403,
    { code: "forbidden", message: "This endpoint needs a test API key.", field: "Authorization" },
  ]);
});
