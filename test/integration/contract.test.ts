import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { contractPart, ERROR_SAMPLES, fill, SAMPLES, shapedLike } from "../contract/samples.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish, setRateLimits } from "./helpers/api.ts";
import { advance, drive, holdTime, refOf } from "./helpers/drive.ts";
import { SECRET } from "./helpers/webhooks.ts";

const SECOND = 1_000;
const DAY = 86_400_000;

let workspace: TestWorkspace;
beforeEach(async () => {
  holdTime();
  // To a whole second, as the samples' times are.
  advance(SECOND - (Date.now() % SECOND));
  workspace = await newWorkspace();
});

const time = (at: number) => new Date(at).toISOString().replace(".000Z", "Z");

/** The samples' form and ours, as text: so that the order of members counts. */
function expectLike(answer: string, sample: string, table: Record<string, unknown>): void {
  const expected = fill(sample, table);
  expect(JSON.stringify(shapedLike(JSON.parse(answer), expected))).toBe(JSON.stringify(expected));
}

describe("the contract's error samples, byte for byte and before what we add", () => {
  it("Missing or invalid API key", async () => {
    const answer = await call("GET", "/v1/posts");
    expect([answer.status, contractPart(answer.text)]).toEqual([401, ERROR_SAMPLES["Missing or invalid API key"]]);
  });

  it("Duplicate idempotency key", async () => {
    const account = await newAccount(workspace, "facebook");
    const headers = { "Idempotency-Key": "same" };
    await publish(workspace, { content: "One", accounts: [account] }, headers);
    const answer = await publish(workspace, { content: "Two", accounts: [account] }, headers);
    expect([answer.status, contractPart(answer.text)]).toEqual([409, ERROR_SAMPLES["Duplicate idempotency key"]]);
  });

  it("Validation error", async () => {
    for (const body of [{ content: "x", accounts: [] }, { content: "x" }]) {
      const answer = await publish(workspace, body);
      expect([answer.status, contractPart(answer.text)]).toEqual([400, ERROR_SAMPLES["Validation error"]]);
    }
  });

  it("Rate limited", async () => {
    const limits = { key: { burst: 1, perMinute: 2 }, workspace: { burst: 100, perMinute: 3_000 } };
    await setRateLimits(workspace.id, limits);
    expect((await call("GET", "/v1/accounts", { key: workspace.test })).status).toBe(200);
    const answer = await call("GET", "/v1/accounts", { key: workspace.test });
    expect([answer.status, contractPart(answer.text)]).toEqual([429, ERROR_SAMPLES["Rate limited"]]);
    expect(answer.body.error).toMatchObject({ retryable: true, retry_after: 30 });
    expect(answer.headers.get("Retry-After")).toBe("30");
  });

  it("Transient platform failure", async () => {
    const spy = vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("connection lost"));
    const body = { platform: "facebook", external_id: "1", access_token: "EAA" };
    const answer = await call("POST", "/v1/accounts", { key: workspace.live, body });
    spy.mockRestore();
    expect([answer.status, contractPart(answer.text)]).toEqual([500, ERROR_SAMPLES["Transient platform failure"]]);
  });
});

describe("the contract's other samples, with their placeholders filled", () => {
  it("POST /v1/publish", async () => {
    const now = Date.now();
    const account = await newAccount(workspace, "instagram");
    const media = await newPicture(workspace);
    const table = { acc_123: account, media_456: media, "2026-06-01T09:00:00Z": time(now + DAY) };
    const request = fill(SAMPLES.publishRequest, table) as Record<string, unknown>;
    const answer = await publish(workspace, request);
    expect(answer.status).toBe(202);
    expectLike(answer.text, SAMPLES.publishResponse, { ...table, post_789: answer.body.id });
    // The sample's other platform has no account: nothing else is added than the word of it.
    expect(Object.keys(answer.body)).toEqual(["id", "status", "scheduled_at", "platforms", "tasks", "warnings"]);
  });

  it("POST /v1/publish, now", async () => {
    const table = { acc_123: await newAccount(workspace, "instagram"), media_456: await newPicture(workspace) };
    const request = fill(SAMPLES.publishRequest, { ...table, "2026-06-01T09:00:00Z": "now" }) as Record<
      string,
      unknown
    >;
    const answer = await publish(workspace, request);
    const now = { ...table, post_789: answer.body.id, "2026-06-01T09:00:00Z": time(Date.now()) };
    expectLike(answer.text, SAMPLES.publishResponse, now);
  });

  it("POST /v1/webhooks", async () => {
    const body = fill(SAMPLES.webhookRequest, { "whsec_...": SECRET });
    const answer = await call("POST", "/v1/webhooks", { key: workspace.test, body });
    expect(answer.status).toBe(201);
    expectLike(answer.text, SAMPLES.webhookResponse, { wh_123: answer.body.id });
    expect(Object.keys(answer.body)).toEqual(["id", "url", "active"]);
  });

  it("GET /v1/posts, GET and DELETE /v1/posts/{post_id}", async () => {
    const now = Date.now();
    const account = await newAccount(workspace, "instagram");
    const media = [await newPicture(workspace)];
    const content = "Hello from Apionics";
    const fields = { content, platforms: ["instagram", "facebook"], accounts: [account], media };
    for (let i = 0; i < 41; i++) {
      const earlier = await publish(workspace, { ...fields, schedule: time(now + DAY) });
      expect(earlier.status).toBe(202);
    }
    advance(SECOND);
    const accepted = await publish(workspace, fields);
    advance(5 * SECOND);
    await drive(refOf(workspace, accepted));
    const table = {
      post_789: accepted.body.id,
      acc_123: account,
      "2026-05-31T10:00:00Z": time(now + SECOND),
      "2026-05-31T10:00:05Z": time(now + 6 * SECOND),
    };
    const list = await call("GET", "/v1/posts?limit=1", { key: workspace.test });
    expectLike(list.text, SAMPLES.listResponse, table);
    const post = await call("GET", `/v1/posts/${accepted.body.id}`, { key: workspace.test });
    expectLike(post.text, SAMPLES.postResponse, table);

    const waiting = await publish(workspace, { ...fields, schedule: time(Date.now() + DAY) });
    const canceled = await call("DELETE", `/v1/posts/${waiting.body.id}`, { key: workspace.test });
    expect([canceled.status, canceled.text]).toEqual([200, JSON.stringify(JSON.parse(SAMPLES.cancelResponse))]);
  });

  it("GET /v1/accounts", async () => {
    const body = { platform: "instagram", username: "apionics" };
    const account = await call("POST", "/v1/accounts/sandbox", { key: workspace.test, body });
    // A sandbox token does not end by itself; this one is made to.
    const endsAt = Math.ceil(Date.now() / DAY) * DAY + 60 * DAY;
    await env.DB.prepare("UPDATE grants SET expires_at = ? WHERE workspace_id = ?").bind(endsAt, workspace.id).run();
    const answer = await call("GET", "/v1/accounts", { key: workspace.test });
    expectLike(answer.text, SAMPLES.accountsResponse, {
      acc_123: account.body.id,
      "2026-08-01T00:00:00Z": time(endsAt),
    });
  });
});
