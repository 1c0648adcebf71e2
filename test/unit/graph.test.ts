import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { GraphCall, MetaSettings } from "../../src/platforms/meta/graph.ts";
import { callGraph, hostOfToken } from "../../src/platforms/meta/graph.ts";

const TOKEN = "EAAcanary";
const SETTINGS: MetaSettings = {
  graphVersion: "v26.0",
  facebookOrigin: "https://graph.facebook.com",
  instagramOrigin: "https://graph.instagram.com",
  uploadOrigin: "https://rupload.facebook.com",
  appId: null,
  appSecret: null,
};
const GET: GraphCall = { method: "GET", path: "1/feed", params: { fields: "id" }, timeout: 1_000 };
const POST: GraphCall = { method: "POST", path: "1/feed", params: { message: "Hi & bye" }, timeout: 1_000 };

async function answerTo(
  call: GraphCall,
  response: Response | Error,
  settings = SETTINGS,
  host: "facebook" | "instagram" = "facebook",
) {
  let seen: Request | undefined;
  const answer = await callGraph(
    settings,
    {
      connection: { externalId: "1", host, token: TOKEN },
      now: () => 1_000_000,
      fetch: async (url, init) => {
        seen = new Request(url, init);
        if (response instanceof Error) throw response;
        return response;
      },
    },
    call,
  );
  if (!seen) throw new Error("nothing was called");
  return { answer, seen };
}

describe("a call to the Graph API", () => {
  it("carries its token in a header, and nowhere else", async () => {
    for (const call of [GET, POST]) {
      const { seen } = await answerTo(call, Response.json({ id: "1" }));
      expect(seen.headers.get("Authorization")).toBe(`Bearer ${TOKEN}`);
      expect(seen.url + (await seen.text())).not.toContain(TOKEN);
    }
  });

  it("reads by query and writes by form, below the version", async () => {
    expect((await answerTo(GET, Response.json({}))).seen.url).toBe("https://graph.facebook.com/v26.0/1/feed?fields=id");
    const { seen } = await answerTo(POST, Response.json({}));
    expect(seen.url).toBe("https://graph.facebook.com/v26.0/1/feed");
    expect(seen.headers.get("Content-Type")).toContain("application/x-www-form-urlencoded");
    expect(await seen.text()).toBe("message=Hi+%26+bye");
  });

  it("follows no redirect: the token would go along", async () => {
    const { seen, answer } = await answerTo(
      GET,
      new Response(null, { status: 302, headers: { Location: "https://evil.example/" } }),
    );
    expect(seen.redirect).toBe("manual");
    expect(answer.is).toBe("lost");
  });

  it("is proven by the app secret where there is one, on Facebook's host", async () => {
    const settings = { ...SETTINGS, appSecret: "app secret" };
    const { seen } = await answerTo(GET, Response.json({}), settings);
    const sent = new URL(seen.url).searchParams.get("appsecret_proof") ?? "";
    expect(sent).toBe(createHmac("sha256", "app secret").update(TOKEN).digest("hex"));
    const instagram = await answerTo(GET, Response.json({}), settings, "instagram");
    expect(instagram.seen.url).toBe("https://graph.instagram.com/v26.0/1/feed?fields=id");
  });

  it("keeps the digits of numeric ids", async () => {
    const { answer } = await answerTo(
      GET,
      new Response('{"id":17841400000000123456,"data":[{"id":90071992547409931,"n":5}]}'),
    );
    expect(answer).toEqual({
      is: "ok",
      body: { id: "17841400000000123456", data: [{ id: "90071992547409931", n: 5 }] },
    });
  });
});

describe("what comes back", () => {
  it("is an error whatever its status, once it has the envelope", async () => {
    for (const status of [200, 400, 401, 500]) {
      const body = {
        error: { message: `bad ${TOKEN}`, type: "OAuthException", code: 4, error_subcode: 2207051, fbtrace_id: "T" },
      };
      const { answer } = await answerTo(POST, Response.json(body, { status }));
      expect(answer).toEqual({
        is: "error",
        error: { code: 4, subcode: 2207051, message: "bad [redacted]", trace: "T", regainAccessAt: null },
      });
    }
  });

  it("prefers the words that are meant for people", async () => {
    const body = { error: { message: "internal", code: 100, error_user_msg: "Please choose another picture." } };
    const { answer } = await answerTo(POST, Response.json(body, { status: 400 }));
    expect(answer).toMatchObject({ error: { message: "Please choose another picture." } });
  });

  it.each<[string, Response | Error]>([
    ["no connection", new TypeError("fetch failed")],
    ["no answer in time", new DOMException("timed out", "TimeoutError")],
    ["HTML", new Response("<html></html>", { status: 502 })],
    ["nothing", new Response("", { status: 200 })],
    ["half an answer", new Response('{"id":"12')],
    ["a list", Response.json([])],
    ["an error of another form", Response.json({ error: "no" }, { status: 400 })],
    ["an error that is a text", Response.json({ error: { code: "4" } }, { status: 400 })],
  ])("is lost when it is %s", async (_name, response) => {
    expect((await answerTo(POST, response)).answer.is).toBe("lost");
  });

  it("tells when a throttle lifts", async () => {
    const body = { error: { message: "", code: 80001 } };
    const usage = JSON.stringify({ "1": [{ type: "pages", call_count: 100, estimated_time_to_regain_access: 7 }] });
    const { answer } = await answerTo(
      POST,
      Response.json(body, { status: 400, headers: { "X-Business-Use-Case-Usage": usage } }),
    );
    expect(answer).toMatchObject({ error: { regainAccessAt: 1_000_000 + 7 * 60_000 } });
    const later = await answerTo(POST, Response.json(body, { status: 400, headers: { "Retry-After": "30" } }));
    expect(later.answer).toMatchObject({ error: { regainAccessAt: 1_030_000 } });
  });
});

it("a token's family tells its host", () => {
  expect(hostOfToken("IGAAx")).toBe("instagram");
  expect(hostOfToken("EAAx")).toBe("facebook");
  expect(hostOfToken("something else")).toBe("facebook");
});
