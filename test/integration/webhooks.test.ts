import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { SUBSCRIBED_EVENTS } from "../../src/lib/vocabulary.ts";
import { newWebhookSecret } from "../../src/webhooks/signature.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import { advance, holdTime } from "./helpers/drive.ts";
import { newUrl, newWebhook, Receivers, SECRET } from "./helpers/webhooks.ts";

/*
 * Endpoints: registering, changing and deleting them.
 */

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});
beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

const api = (method: string, path: string, body?: unknown, key = workspace.test) =>
  call(method, path, { key, ...(body === undefined ? {} : { body }) });
const create = (body: Record<string, unknown>) =>
  api("POST", "/v1/webhooks", { url: newUrl(), events: ["publish.completed"], ...body });

describe("registering an endpoint", () => {
  it("answers the contract's three members, where the secret is the client's own", async () => {
    const url = newUrl();
    const answer = await api("POST", "/v1/webhooks", {
      url,
      events: ["publish.completed", "publish.failed", "approval.requested"],
      secret: SECRET,
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ id: expect.stringMatching(/^wh_[0-9A-Z]{26}$/), url, active: true });
  });

  it("makes a secret where there is none, shows it once and nowhere else", async () => {
    const { status, body } = await create({});
    expect([status, Object.keys(body)]).toEqual([201, ["id", "url", "active", "secret"]]);
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const shown = [await api("GET", `/v1/webhooks/${body.id}`), await api("GET", "/v1/webhooks")];
    expect(shown.map(({ text }) => text.includes("whsec_"))).toEqual([false, false]);
  });

  it.each([
    ["no url", { url: undefined }, "url", "url is required."],
    ["a url that is none", { url: "nowhere" }, "url", "url is not a URL."],
    ["http", { url: "http://example.org/" }, "url", "url must begin with https://."],
    ["another port", { url: "https://example.org:8443/" }, "url", "url must not name a port."],
    ["no events", { events: undefined }, "events", "events is required."],
    ["an empty list of events", { events: [] }, "events", "events must name at least one event."],
    ["an event twice", { events: ["publish.failed", "publish.failed"] }, "events.1", "events.1 repeats entry 0."],
    [
      "an event that there is not",
      { events: ["publish.done"] },
      "events.0",
      `events.0 is not a known event. Known are: ${SUBSCRIBED_EVENTS.join(", ")}.`,
    ],
    ["a test event", { events: ["webhook.test"] }, "events.0", /^events\.0 is not a known event/],
    ["a secret of another kind", { secret: "secret" }, "secret", /^secret must be whsec_ and the base64/],
    ["a secret that is too short", { secret: `whsec_${btoa("x".repeat(23))}` }, "secret", /24 to 64 bytes/],
    ["a secret that is too long", { secret: `whsec_${btoa("x".repeat(65))}` }, "secret", /24 to 64 bytes/],
    ["an unknown field", { header: "x" }, "header", "header is not a known field."],
  ])("refuses %s", async (_what, body, field, message) => {
    const answer = await create(body);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", field]);
    if (message instanceof RegExp) expect(answer.body.error.message).toMatch(message);
    else expect(answer.body.error.message).toBe(message);
  });

  it.each([24, 64])("takes a secret of %d bytes, and port 443 in so many words", async (bytes) => {
    const answer = await create({
      url: "https://example.org:443/hook",
      secret: `whsec_${btoa("x".repeat(bytes))}`,
    });
    expect(answer.status).toBe(201);
  });

  it("takes twenty for a workspace and mode, and not one more, also when many come at once", async () => {
    const full = await newWorkspace();
    const answers = await Promise.all(
      Array.from({ length: 24 }, () =>
        call("POST", "/v1/webhooks", { key: full.test, body: { url: newUrl(), events: ["media.ready"] } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(answers.find(({ status }) => status !== 201)?.body.error).toMatchObject({ code: "conflict" });
    const live = await call("POST", "/v1/webhooks", {
      key: full.live,
      body: { url: newUrl(), events: ["media.ready"] },
    });
    expect(live.status).toBe(201);
  });
});

describe("an endpoint", () => {
  it("is listed and read as it is", async () => {
    const mine = await newWorkspace();
    const { id, url } = await newWebhook(mine, ["media.ready"], { description: "Ours" });
    const expected = {
      id,
      url,
      active: true,
      events: ["media.ready"],
      description: "Ours",
      created_at: expect.stringMatching(/Z$/),
      failing_since: null,
      disabled_at: null,
      disabled_reason: null,
    };
    expect((await call("GET", "/v1/webhooks", { key: mine.test })).body).toEqual({ webhooks: [expected] });
    expect((await call("GET", `/v1/webhooks/${id}`, { key: mine.test })).body).toEqual(expected);
  });

  it("is changed, and what is not named stays", async () => {
    const { id } = await newWebhook(workspace, ["media.ready"], { description: "Ours" });
    const url = newUrl();
    const changed = await api("PATCH", `/v1/webhooks/${id}`, { url, events: ["media.failed"], active: false });
    expect(changed.body).toMatchObject({ url, events: ["media.failed"], active: false, description: "Ours" });
    const { body } = await api("PATCH", `/v1/webhooks/${id}`, { description: null });
    expect(body).toMatchObject({ url, active: false, description: null });
  });

  it.each([
    [{}, "body"],
    [{ url: "https://10.0.0.1/" }, "url"],
    [{ events: [] }, "events"],
    [{ secret: SECRET }, "secret"],
  ])("is not changed by %j", async (body, field) => {
    const { id } = await newWebhook(workspace, ["media.ready"]);
    const answer = await api("PATCH", `/v1/webhooks/${id}`, body);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
  });

  it("is deleted with its deliveries, and is not there any more", async () => {
    const { id } = await newWebhook(workspace, ["media.ready"]);
    expect((await api("DELETE", `/v1/webhooks/${id}`)).body).toEqual({ success: true });
    const again = [await api("DELETE", `/v1/webhooks/${id}`), await api("GET", `/v1/webhooks/${id}/deliveries`)];
    expect(again.map(({ status }) => status)).toEqual([404, 404]);
  });

  it("is nobody else's: neither another workspace nor the other mode sees it", async () => {
    const { id } = await newWebhook(workspace, ["media.ready"]);
    const stranger = await newWorkspace();
    for (const key of [stranger.test, workspace.live]) {
      const answers = await Promise.all([
        api("GET", `/v1/webhooks/${id}`, undefined, key),
        api("PATCH", `/v1/webhooks/${id}`, { active: false }, key),
        api("DELETE", `/v1/webhooks/${id}`, undefined, key),
        api("POST", `/v1/webhooks/${id}/rotate`, {}, key),
        api("POST", `/v1/webhooks/${id}/test`, undefined, key),
        api("POST", `/v1/webhooks/${id}/recover`, { since: "2026-01-01T00:00:00Z" }, key),
        api("GET", `/v1/webhooks/${id}/deliveries`, undefined, key),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    }
    expect((await api("GET", `/v1/webhooks/${id}`)).body.active).toBe(true);
  });
});

describe("a secret that an answer holds", () => {
  it.each([
    ["created", () => ["/v1/webhooks", { url: newUrl(), events: ["media.ready"] }] as const],
    ["rotated", async () => [`/v1/webhooks/${(await newWebhook(workspace, ["media.ready"])).id}/rotate`, {}] as const],
  ])("when an endpoint is %s is remembered sealed, and in no cache", async (_how, prepare) => {
    const [path, body] = await prepare();
    const cached = vi.spyOn(env.IDEMPOTENCY, "put");
    const key = crypto.randomUUID();
    const send = () => call("POST", path, { key: workspace.test, body, headers: { "Idempotency-Key": key } });
    const [first, again] = [await send(), await send()];
    expect(first.body.secret).toMatch(/^whsec_/);
    expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([first.text, "true"]);
    expect(cached).not.toHaveBeenCalled();
    const rows = await env.DB.prepare("SELECT response_body AS body FROM idempotency WHERE workspace_id = ?")
      .bind(workspace.id)
      .all<{ body: string }>();
    const remembered = JSON.stringify(rows.results);
    expect([remembered.includes("v1."), remembered.includes("whsec_")]).toEqual([true, false]);
  });

  it.each([
    ["created", () => ["/v1/webhooks", { url: newUrl(), events: ["media.ready"] }] as const],
    ["rotated", async () => [`/v1/webhooks/${(await newWebhook(workspace, ["media.ready"])).id}/rotate`, {}] as const],
  ])("when an endpoint is %s is another request than one with the client's own", async (_how, prepare) => {
    const [path, body] = await prepare();
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    await call("POST", path, { key: workspace.test, body, headers });
    const secret = newWebhookSecret();
    const other = await call("POST", path, { key: workspace.test, body: { ...body, secret }, headers });
    expect([other.status, other.body.error?.code]).toEqual([409, "idempotency_conflict"]);
  });
});

describe("a test of an endpoint", () => {
  const test = ({ id }: { id: string }) =>
    call("POST", `/v1/webhooks/${id}/test`, { key: workspace.test, headers: { "Idempotency-Key": id } });

  it("is waited for by who asks again while it is under way, and sent once", async () => {
    const receivers = new Receivers();
    const webhook = await newWebhook(workspace, ["media.ready"]);
    let isAnswered = false;
    receivers.answer(webhook.url, async () => {
      // Looked at, for a promise of one request does not reach another.
      while (!isAnswered) await scheduler.wait(10);
      return new Response("thank you");
    });
    const first = test(webhook);
    while (receivers.at(webhook.url).length === 0) await scheduler.wait(10);
    const again = test(webhook);
    await scheduler.wait(400);
    isAnswered = true;
    expect((await first).body.attempts).toMatchObject([{ status: 200, response: "thank you" }]);
    expect((await again).text).toBe((await first).text);
    expect(receivers.at(webhook.url)).toHaveLength(1);
  });

  it("that was cut off is sent again to who asks again, under the same id", async () => {
    const receivers = new Receivers();
    const webhook = await newWebhook(workspace, ["media.ready"]);
    const batch = env.DB.batch.bind(env.DB);
    // What came of it is not written down any more.
    receivers.answer(webhook.url, () => {
      vi.spyOn(env.DB, "batch").mockRejectedValue(new Error("D1_ERROR: it is away"));
      return new Response("thank you");
    });
    expect((await test(webhook)).status).toBe(500);
    vi.mocked(env.DB.batch).mockImplementation(batch as never);
    receivers.answer(webhook.url, () => new Response("thank you"));
    advance(31_000);
    expect(await test(webhook)).toMatchObject({ status: 200, body: { status: "delivered" } });
    const ids = receivers.at(webhook.url).map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([ids[0], ids[0]]);
  });

  it("sends an event of its own and answers what came of it", async () => {
    const receivers = new Receivers();
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, () => new Response("thank you", { status: 200 }));
    const { status, body } = await api("POST", `/v1/webhooks/${webhook.id}/test`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      webhook_id: webhook.id,
      event_type: "webhook.test",
      status: "delivered",
      attempts: [{ status: 200, error: null, response: "thank you" }],
      next_attempt_at: null,
    });
    const [received] = receivers.at(webhook.url);
    expect(JSON.parse(received?.body ?? "")).toMatchObject({
      type: "webhook.test",
      data: { webhook: { id: webhook.id } },
    });
  });

  it("says why it did not arrive, once, and the endpoint is none the worse", async () => {
    const receivers = new Receivers();
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, () => new Response("no", { status: 500 }));
    const { body } = await api("POST", `/v1/webhooks/${webhook.id}/test`);
    expect(body).toMatchObject({ status: "failed", attempts: [{ status: 500, error: "The endpoint answered 500." }] });
    await receivers.pass(600_000, 60_000);
    expect(receivers.at(webhook.url)).toHaveLength(1);
    expect((await api("GET", `/v1/webhooks/${webhook.id}`)).body.failing_since).toBeNull();
  });

  it("is refused while the endpoint is not active", async () => {
    const { id } = await newWebhook(workspace, ["media.ready"]);
    await api("PATCH", `/v1/webhooks/${id}`, { active: false });
    const answer = await api("POST", `/v1/webhooks/${id}/test`);
    expect([answer.status, answer.body.error.code]).toEqual([409, "conflict"]);
  });
});
