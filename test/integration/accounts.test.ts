import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { contractPart, ERROR_SAMPLES } from "../contract/samples.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});
afterEach(() => vi.restoreAllMocks());

const TOKEN = "EAAcanary0123456789";

/** What the Graph API was asked, and what it answers. */
function graphAnswers(body: unknown, status = 200) {
  return vi
    .spyOn(globalThis, "fetch")
    .mockImplementation(async () => new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));
}

const connect = (fields: Record<string, unknown> = {}) =>
  call("POST", "/v1/accounts", {
    key: workspace.live,
    body: { platform: "facebook", external_id: "1234567890", access_token: TOKEN, ...fields },
  });

describe("an account connected with a token", () => {
  it("is a Page that the Graph API knows under this token", async () => {
    const graph = graphAnswers({ id: "1234567890", name: "A Page" });
    const answer = await connect();
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.body).slice(0, 5)).toEqual(["id", "platform", "username", "status", "token_expires_at"]);
    expect(answer.body).toMatchObject({
      platform: "facebook",
      username: "A Page",
      status: "active",
      token_expires_at: null,
    });
    const [url, init] = graph.mock.calls[0] ?? [];
    expect(decodeURIComponent(String(url))).toBe(
      "https://graph.facebook.com/v26.0/me?fields=id,name,link,picture{url}",
    );
    expect(new Headers(init?.headers).get("Authorization")).toBe(`Bearer ${TOKEN}`);
  });

  it("is an Instagram account on graph.facebook.com or on graph.instagram.com, by its token's family", async () => {
    const viaFacebook = graphAnswers({ id: "17841400000000001", username: "apionics" });
    await connect({ platform: "instagram", external_id: "17841400000000001" });
    expect(decodeURIComponent(String(viaFacebook.mock.calls[0]?.[0]))).toBe(
      "https://graph.facebook.com/v26.0/17841400000000001?fields=id,username,name,profile_picture_url",
    );
    vi.restoreAllMocks();
    // Numeric ids beyond 2^53 keep their digits, wrapped in a list or not.
    const viaInstagram = graphAnswers('{"data":[{"user_id":17841400000000009,"username":"apionics"}]}');
    const answer = await connect({
      platform: "instagram",
      external_id: "17841400000000009",
      access_token: "IGAAcanary",
    });
    expect([answer.status, answer.body.username]).toEqual([201, "apionics"]);
    expect(decodeURIComponent(String(viaInstagram.mock.calls[0]?.[0]))).toBe(
      "https://graph.instagram.com/v26.0/me?fields=user_id,id,username,name,profile_picture_url",
    );
  });

  it("keeps its id when it is connected again", async () => {
    graphAnswers({ id: "555", name: "Before" });
    const first = await connect({ external_id: "555" });
    vi.restoreAllMocks();
    graphAnswers({ id: "555", name: "After" });
    const second = await connect({ external_id: "555", access_token: "EAAnew" });
    expect(second.body).toEqual({ ...first.body, username: "After", name: "After" });
  });

  it("leaves its token nowhere but in an envelope", async () => {
    graphAnswers({ id: "777", name: "Sealed" });
    const answer = await connect({ external_id: "777" });
    const rows = await env.DB.prepare("SELECT * FROM grants").all();
    const accounts = await env.DB.prepare("SELECT * FROM accounts").all();
    for (const dump of [answer.text, JSON.stringify(rows.results), JSON.stringify(accounts.results)]) {
      expect(dump).not.toContain(TOKEN);
    }
    expect(JSON.stringify(rows.results)).toContain("v1.test.");
  });
});

describe("an account that is not connected", () => {
  const error = (code: number, subcode?: number, message = "words") => ({
    error: { message: `${message} ${TOKEN}`, type: "OAuthException", code, error_subcode: subcode, fbtrace_id: "A1" },
  });

  it.each<[string, unknown, number, string, string | undefined]>([
    ["an expired token", error(190, 463), 400, "validation_error", "access_token"],
    ["a token without permission", error(200), 400, "validation_error", "access_token"],
    ["an account that the token does not see", error(100, 33), 400, "validation_error", "external_id"],
    ["a token of another account", { id: "999", name: "Other" }, 400, "validation_error", "external_id"],
    ["a platform out of order", error(2), 500, "platform_error", undefined],
    ["a platform that throttles", error(4), 500, "platform_error", undefined],
    ["an answer that is not JSON", "<html>502</html>", 500, "platform_error", undefined],
    ["an answer without a name", { id: "1234567890" }, 500, "platform_error", undefined],
  ])("for %s", async (_name, body, status, code, field) => {
    graphAnswers(body, typeof body === "object" && body && "id" in body ? 200 : 400);
    const count = () => env.DB.prepare("SELECT count(*) AS n FROM grants").first();
    const before = await count();
    const answer = await connect();
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([status, code, field]);
    expect(answer.text).not.toContain(TOKEN);
    expect(await count()).toEqual(before);
  });

  it("with the platform's own answer, without what is secret, and when to ask again", async () => {
    graphAnswers(error(190, 463), 400);
    const said = { code: "190", subcode: "463", message: "words [redacted]", trace_id: "A1" };
    const refused = (await connect()).body.error;
    expect([refused.platform, refused.retryable]).toEqual([said, false]);
    expect(refused).not.toHaveProperty("retry_after");
    vi.restoreAllMocks();
    graphAnswers(error(4), 400);
    const throttled = (await connect()).body.error;
    expect(throttled).toMatchObject({ platform: { code: "4", trace_id: "A1" }, retryable: true });
    expect(throttled.retry_after).toBeGreaterThan(0);
  });

  it("in the contract's words, byte for byte, when the platform does not answer", async () => {
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError(`connection to ${TOKEN} lost`));
    const answer = await connect();
    expect(contractPart(answer.text)).toBe(ERROR_SAMPLES["Transient platform failure"]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no token", { access_token: "" }, "access_token"],
    ["an id that is no number", { external_id: "page" }, "external_id"],
    ["another platform", { platform: "linkedin" }, "platform"],
    ["a field too many", { name: "x" }, "name"],
  ])("for a request with %s", async (_name, fields, field) => {
    const answer = await connect(fields);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
  });
});

describe("a sandbox account", () => {
  it("is created with a behaviour and listed with the others", async () => {
    const mine = await newWorkspace();
    const body = { platform: "instagram", username: "apionics", behavior: "lost_answer" };
    const created = await call("POST", "/v1/accounts/sandbox", { key: mine.test, body });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ username: "apionics", status: "active", behavior: "lost_answer" });
    const listed = await call("GET", "/v1/accounts", { key: mine.test });
    expect(listed.body).toEqual({ accounts: [created.body] });
    expect((await call("GET", "/v1/accounts", { key: mine.live })).body).toEqual({ accounts: [] });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["another behaviour", { behavior: "explodes" }, "behavior"],
    ["no name", { username: "" }, "username"],
    ["a name of markup", { username: "<b>" }, "username"],
  ])("is refused with %s", async (_name, fields, field) => {
    const body = { platform: "instagram", username: "apionics", ...fields };
    const answer = await call("POST", "/v1/accounts/sandbox", { key: workspace.test, body });
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
  });
});
