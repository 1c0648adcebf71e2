import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { faultOf, TestSandbox } from "../helpers/sandbox.ts";

const sandbox = new TestSandbox();
const page = sandbox.open("facebook");
const account = sandbox.open("instagram");

const ask = (address: string, init?: RequestInit) => sandbox.send(new Request(address, init));

describe("an address", () => {
  it.each(["v28.0", "v20.0", "v26", "me"])("with the version %s is an unknown path", async (version) => {
    const answer = await ask(`https://graph.facebook.com/${version}/me`);
    expect([answer.status, ...faultOf(answer)]).toEqual([400, 2500]);
    expect(answer.body.error.message).toContain("Unknown path components");
  });

  it("with a version that there is asks for a token first, so that versions can be probed", async () => {
    const answer = await ask("https://graph.facebook.com/v27.0/me");
    expect(faultOf(answer)).toEqual([2500]);
    expect(answer.body.error.message).toContain("An active access token must be used");
  });

  it("of a node that is missing or another's is answered 100/33, as a GraphMethodException", async () => {
    for (const id of ["17", account.id]) {
      const { status, body } = await page.get(id);
      expect(status).toBe(400);
      expect(body.error).toEqual({
        message: expect.stringContaining(`Object with ID '${id}' does not exist`),
        type: "GraphMethodException",
        code: 100,
        error_subcode: 33,
        is_transient: false,
        fbtrace_id: expect.stringMatching(/^A\d+$/),
      });
    }
  });

  it("of an edge that there is not is answered 100", async () => {
    for (const edge of ["media", "likes"]) expect(faultOf(await page.get(`${page.id}/${edge}`))).toEqual([100]);
    expect(faultOf(await account.get(`${account.id}/feed`))).toEqual([100]);
  });
});

describe("a token", () => {
  const url = "https://graph.facebook.com/v26.0/me";

  it("stands in the header or among the parameters", async () => {
    const found = [
      await ask(url, { headers: { Authorization: `Bearer ${page.token}` } }),
      await ask(`${url}?access_token=${page.token}`),
    ];
    for (const { body } of found) expect(body).toEqual({ id: page.id, name: "someone" });
  });

  it("that is none is answered 190", async () => {
    expect(faultOf(await ask(`${url}?access_token=EAA1`))).toEqual([190]);
  });

  it("serves the hosts of its own login alone", async () => {
    const other = sandbox.open("instagram", "ok", "instagram");
    expect([account.token.slice(0, 3), other.token.slice(0, 4)]).toEqual(["EAA", "IGAA"]);
    const wrong = await ask(`https://graph.instagram.com/v26.0/me?access_token=${account.token}`);
    expect([wrong.status, ...faultOf(wrong)]).toEqual([401, 190]);
    expect(wrong.body.error.message).toMatch(/cannot parse/i);
    expect(faultOf(await ask(`${url}?access_token=${other.token}`))).toEqual([190]);
    expect((await other.get("me", { fields: "user_id,username" })).status).toBe(200);
  });

  it("of Instagram's own login has an account whose `user_id` is not its `id`", async () => {
    const other = sandbox.open("instagram", "ok", "instagram");
    const { body } = await other.get("me", { fields: "user_id,username,account_type" });
    expect(body).toEqual({ id: expect.any(String), user_id: other.id, username: "someone", account_type: "BUSINESS" });
    expect(body.id).not.toBe(other.id);
  });

  it("may come with a proof, which must be right", async () => {
    sandbox.switches.appSecret = "secret";
    const proof = createHmac("sha256", "secret").update(page.token).digest("hex");
    expect((await page.get("me", { appsecret_proof: proof })).status).toBe(200);
    const wrong = await page.get("me", { appsecret_proof: proof.replace(/./, "x") });
    expect(wrong.body.error).toMatchObject({ code: 100, message: expect.stringContaining("Invalid appsecret_proof") });
    sandbox.switches.appSecret = null;
  });
});

describe("parameters", () => {
  const feed = `https://graph.facebook.com/v26.0/${page.id}/feed`;
  const headers = { Authorization: `Bearer ${page.token}` };
  const form = new FormData();
  form.set("message", "in a form");

  it.each([
    ["in a query", `${feed}?message=in+a+query`, { method: "POST", headers }],
    ["in a form", feed, { method: "POST", headers, body: form }],
    ["url-encoded", feed, { method: "POST", headers, body: new URLSearchParams({ message: "url-encoded" }) }],
    [
      "in JSON",
      feed,
      {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json" },
        body: JSON.stringify({ message: "in JSON" }),
      },
    ],
  ])("may stand %s", async (text, address, init) => {
    sandbox.now += 1_000;
    const { body } = await ask(address, init);
    expect(body).toEqual({ id: expect.stringMatching(new RegExp(`^${page.id}_\\d{15}$`)) });
    expect(page.posts()[0]?.text).toBe(text);
  });
});

describe("fields", () => {
  it("are answered when they are asked for, and the id always", async () => {
    const { body } = await page.post(`${page.id}/feed`, { message: "Hi", link: "https://example.com/" });
    expect(await page.get(body.id, { fields: "message" })).toMatchObject({ body: { message: "Hi", id: body.id } });
    const { body: nested } = await page.get(body.id, {
      fields: "from{name},attachments.limit(1){media_type,target{id}}",
    });
    expect(nested).toEqual({
      id: body.id,
      from: { id: page.id, name: "someone" },
      attachments: { data: [{ media_type: "link" }] },
    });
  });

  it("of a new post are answered by the call that made it", async () => {
    const { body } = await page.post(`${page.id}/feed`, { message: "Hi", fields: "id,permalink_url" });
    expect(body).toEqual({ id: body.id, permalink_url: `https://social.example/${body.id}` });
  });

  it("that a node does not have are refused, and so is what is no list of them", async () => {
    const { body } = await page.post(`${page.id}/feed`, { message: "Hi" });
    expect(faultOf(await page.get(body.id, { fields: "id,permalink" }))).toEqual([100]);
    for (const fields of ["id,", "from{name", "id}"])
      expect(faultOf(await page.get(body.id, { fields }))).toEqual([2500]);
  });

  it("print times with an offset that has no colon", async () => {
    const { body } = await page.post(`${page.id}/feed`, { message: "Hi", fields: "created_time" });
    expect(body.created_time).toEqual(expect.stringMatching(/^2026-11-01T12:00:\d\d\+0000$/));
  });
});

describe("a listing", () => {
  const fresh = new TestSandbox();
  const owner = fresh.open("facebook");
  const listed = async (params: Record<string, string>) => {
    const { body } = await owner.get(`${owner.id}/published_posts`, { fields: "message", ...params });
    return { texts: body.data.map((row: { message: string }) => row.message), paging: body.paging, data: body.data };
  };

  it("that is empty has no paging", async () => {
    expect((await owner.get(`${owner.id}/feed`)).body).toEqual({ data: [] });
  });

  it("goes from the newest to the oldest, page by page, until there is no next", async () => {
    for (const message of ["1", "2", "3", "4", "5"]) {
      await owner.post(`${owner.id}/feed`, { message });
      fresh.now += 1_000;
    }
    const first = await listed({ limit: "2" });
    expect(first.texts).toEqual(["5", "4"]);
    expect(first.paging.cursors).toEqual({ before: expect.any(String), after: expect.any(String) });
    expect(first.paging.next).toMatch(
      /^https:\/\/graph\.facebook\.com\/v26\.0\/\d+\/published_posts\?.*access_token=EAA/,
    );
    const second = await fresh.send(new Request(first.paging.next));
    expect(second.body.data.map((row: { message: string }) => row.message)).toEqual(["3", "2"]);
    const last = await fresh.send(new Request(second.body.paging.next));
    expect(last.body.data.map((row: { message: string }) => row.message)).toEqual(["1"]);
    expect(last.body.paging.next).toBeUndefined();
  });

  it("is bounded by `since` and `until`, both in Unix seconds or as a date, and holds both ends", async () => {
    const since = String(fresh.now / 1_000 - 4);
    expect((await listed({ since })).texts).toEqual(["5", "4", "3", "2"]);
    expect((await listed({ since, until: new Date(fresh.now - 3_000).toISOString() })).texts).toEqual(["3", "2"]);
    expect(faultOf(await owner.get(`${owner.id}/feed`, { since: "yesterday" }))).toEqual([100]);
  });

  it("has at most 100 rows a page", async () => {
    for (let i = 0; i < 101; i++) await owner.post(`${owner.id}/feed`, { message: `More ${i}` });
    expect((await listed({ limit: "500" })).data).toHaveLength(100);
    expect(faultOf(await owner.get(`${owner.id}/feed`, { limit: "0" }))).toEqual([100]);
  });

  it("lags behind when it is made to, while the node can be read", async () => {
    fresh.now += 1_000;
    fresh.switches.listingLag = 5_000;
    const { body } = await owner.post(`${owner.id}/feed`, { message: "Fresh" });
    expect((await listed({ limit: "1" })).texts).not.toEqual(["Fresh"]);
    expect((await owner.get(body.id)).status).toBe(200);
    fresh.now += 5_000;
    expect((await listed({ limit: "1" })).texts).toEqual(["Fresh"]);
  });

  it("leaves nodes unreadable, and without a permalink, for as long as it is made to", async () => {
    Object.assign(fresh.switches, { nodeLag: 2_000, permalinkLag: 4_000 });
    const { body } = await owner.post(`${owner.id}/feed`, { message: "Fresh" });
    expect(faultOf(await owner.get(body.id))).toEqual([100, 33]);
    fresh.now += 2_000;
    expect((await owner.get(body.id, { fields: "permalink_url" })).body).toEqual({ id: body.id });
    fresh.now += 2_000;
    expect((await owner.get(body.id, { fields: "permalink_url" })).body.permalink_url).toContain(body.id);
  });
});

describe("usage", () => {
  it("is told in percentages, under the business's id and the account's, by the kind of the account", async () => {
    for (const [owner, type] of [[page, "pages"] as const, [account, "instagram"] as const]) {
      const { headers } = await owner.get("me");
      const usage = JSON.parse(headers.get("X-Business-Use-Case-Usage") ?? "");
      expect(Object.keys(usage)).toHaveLength(2);
      expect(usage[owner.id]).toEqual([
        { type, call_count: expect.any(Number), total_cputime: 0, total_time: 0, estimated_time_to_regain_access: 0 },
      ]);
      expect(headers.has("X-App-Usage")).toBe(false);
    }
  });

  it("of a call that belongs to no account is the app's", async () => {
    const { headers } = await page.get("pages/search", { q: "coffee" });
    expect(JSON.parse(headers.get("X-App-Usage") ?? "")).toEqual({ call_count: 0, total_cputime: 0, total_time: 0 });
    expect(headers.has("X-Business-Use-Case-Usage")).toBe(false);
  });
});

describe("places", () => {
  it("are found by the words of their names, with coordinates where they have some", async () => {
    const { body } = await page.get("pages/search", { q: "coffee", fields: "id,name,location" });
    expect(body.data[0]).toEqual({
      id: expect.stringMatching(/^\d+$/),
      name: "Harbour Coffee",
      location: expect.objectContaining({ city: "Hamburg", latitude: 53.5436, longitude: 9.9887 }),
    });
    expect(body.data.some((place: { location: object }) => !("latitude" in place.location))).toBe(true);
    expect((await page.get("pages/search", { q: "nowhere at all" })).body).toEqual({ data: [] });
    expect(faultOf(await page.get("pages/search"))).toEqual([100]);
  });
});
