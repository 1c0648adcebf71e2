import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WebhookMessage } from "../../src/webhooks/messages.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { advance, drive, holdTime, refOf } from "./helpers/drive.ts";
import type { TestWebhook } from "./helpers/webhooks.ts";
import {
  deliveriesOf,
  deliverWebhooks,
  newUrl,
  newWebhook,
  Receivers,
  SECRET,
  sweepWebhooks,
} from "./helpers/webhooks.ts";

/*
 * Events on their way to endpoints.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let workspace: TestWorkspace;
let receivers: Receivers;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  receivers = new Receivers();
  // No jitter: half of the way between the earliest and the latest.
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => vi.restoreAllMocks());

/** Has something told that costs little: media was added. */
async function tell(): Promise<void> {
  await newPicture(workspace);
}

const ok = () => new Response(null, { status: 200 });
const failing =
  (status = 500) =>
  () =>
    new Response("busy", { status });
const api = (method: string, path: string, body?: unknown) =>
  call(method, path, { key: workspace.test, ...(body === undefined ? {} : { body }) });
const endpoint = async ({ id }: TestWebhook) => (await api("GET", `/v1/webhooks/${id}`)).body;

describe("what a published post tells", () => {
  it("arrives signed, once for each endpoint, and both packages that verify such signatures take it", async () => {
    const account = await newAccount(workspace, "facebook");
    const webhooks = [
      await newWebhook(workspace, ["publish.completed", "post.completed"]),
      await newWebhook(workspace, ["publish.completed"]),
      await newWebhook(workspace, ["publish.failed"]),
    ];
    const accepted = await publish(workspace, { content: "Told", accounts: [account] });
    await drive(refOf(workspace, accepted));
    await receivers.settle();
    const [both = [], one = [], none = []] = webhooks.map(({ url }) => receivers.at(url));
    expect([both.length, one.length, none.length]).toEqual([2, 1, 0]);
    for (const { body, headers } of [...both, ...one]) {
      const told = new Webhook(SECRET).verify(body, headers);
      // It says nothing of what it takes, and throws for the rest.
      expect(() => new SvixWebhook(SECRET).verify(body, headers)).not.toThrow();
      expect(told).toEqual(JSON.parse(body));
      expect(headers).toMatchObject({ "content-type": "application/json", "user-agent": "Apionics-Webhooks/1.0" });
    }
    expect(one[0]?.headers["webhook-id"]).toBe(both[0]?.headers["webhook-id"]);
    const { body: post } = await api("GET", `/v1/posts/${accepted.body.id}`);
    expect(JSON.parse(one[0]?.body ?? "")).toEqual({
      type: "publish.completed",
      timestamp: expect.stringMatching(/Z$/),
      data: { post_id: post.id, version: 1, task: post.tasks[0] },
    });
  });

  it("is told to nobody that asked for nothing of it, and stands in the list of events all the same", async () => {
    const account = await newAccount(workspace, "facebook", "rejects_media");
    const accepted = await publish(workspace, {
      content: "Told",
      accounts: [account],
      media: [await newPicture(workspace)],
    });
    await drive(refOf(workspace, accepted));
    await receivers.settle();
    expect(receivers.received).toEqual([]);
    const { events } = (await api("GET", "/v1/events")).body;
    expect(events.map(({ type }: { type: string }) => type).sort()).toEqual([
      "account.connected",
      "media.ready",
      "post.completed",
      "publish.failed",
    ]);
  });
});

describe("a message", () => {
  it("that comes twice, or many at once, makes one request for each attempt", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    await tell();
    const [message] = receivers.take();
    if (!message) throw new Error("nothing was sent");
    await Promise.all([deliverWebhooks(message, message, message), deliverWebhooks(message)]);
    await deliverWebhooks(message);
    expect(receivers.at(webhook.url)).toHaveLength(1);
    advance(5 * SECOND);
    await Promise.all([deliverWebhooks(message, message), deliverWebhooks(message)]);
    expect(receivers.at(webhook.url)).toHaveLength(2);
  });

  it("that is lost is found by the sweeper", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    await tell();
    receivers.lose();
    await sweepWebhooks();
    await receivers.settle();
    expect(receivers.at(webhook.url)).toHaveLength(0);
    advance(30 * SECOND);
    await sweepWebhooks();
    await receivers.settle();
    expect(receivers.at(webhook.url)).toHaveLength(1);
  });

  it("whose consumer died is followed by another once its time is over, and the id stays", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, () => new Promise<Response>(() => {}));
    await tell();
    const [message] = receivers.take();
    if (!message) throw new Error("nothing was sent");
    void deliverWebhooks(message).catch(() => {});
    while (receivers.at(webhook.url).length === 0) await scheduler.wait(1);
    receivers.answer(webhook.url, ok);
    await deliverWebhooks(message);
    expect(receivers.at(webhook.url)).toHaveLength(1);
    advance(31 * SECOND);
    await sweepWebhooks();
    await receivers.settle();
    const ids = receivers.at(webhook.url).map(({ headers }) => headers["webhook-id"]);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
    expect((await deliveriesOf(workspace, webhook))[0].status).toBe("delivered");
  });

  it("of an event to an endpoint that is deleted meanwhile does nothing", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    await tell();
    await api("DELETE", `/v1/webhooks/${webhook.id}`);
    await receivers.settle();
    expect(receivers.at(webhook.url)).toHaveLength(0);
  });
});

describe("an endpoint that fails", () => {
  it("three times and then answers gets the event once more, and no more", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    let tries = 0;
    receivers.answer(webhook.url, () => (++tries <= 3 ? failing(503)() : ok()));
    await tell();
    const began = Date.now();
    await receivers.settle();
    await receivers.pass(3 * HOUR);
    const received = receivers.at(webhook.url);
    const times = received.map(({ at }) => (at - began) / SECOND);
    const planned = [0, 5, 305, 2_105];
    expect(times).toHaveLength(planned.length);
    // Late by what the sweeper takes, each time, and never early.
    const late = planned.map((time, index) => (times[index] ?? 0) - time);
    expect(late.filter((by) => by < 0 || by > 120)).toEqual([]);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    // Each attempt is signed anew, for its own time.
    expect(new Set(received.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(4);
    const [delivery] = await deliveriesOf(workspace, webhook);
    expect(delivery).toMatchObject({ status: "delivered", next_attempt_at: null });
    expect(delivery.attempts.map(({ status }: { status: number }) => status)).toEqual([503, 503, 503, 200]);
  });

  it("always is tried twelve times over five days, then disabled, and the others are told", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    const other = await newWebhook(workspace, ["webhook.disabled"]);
    receivers.answer(webhook.url, failing());
    await tell();
    await receivers.settle();
    for (;;) {
      const [{ next_attempt_at: next }] = await deliveriesOf(workspace, webhook);
      if (next === null) break;
      advance(Date.parse(next) - Date.now() + 31 * SECOND);
      await sweepWebhooks();
      await receivers.settle();
    }
    const times = receivers.at(webhook.url).map(({ at }) => at);
    expect(times).toHaveLength(12);
    expect(((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY).toBeCloseTo(5.15, 1);
    const [delivery] = await deliveriesOf(workspace, webhook);
    expect(delivery).toMatchObject({ status: "failed", next_attempt_at: null });
    expect(await endpoint(webhook)).toMatchObject({ active: false, disabled_reason: "failing" });
    const [told, ...more] = receivers.at(other.url).map(({ body }) => JSON.parse(body));
    expect(more).toEqual([]);
    expect(told).toMatchObject({
      type: "webhook.disabled",
      data: { webhook: { id: webhook.id, active: false, disabled_reason: "failing" } },
    });
    await tell();
    await receivers.settle();
    expect(receivers.at(webhook.url)).toHaveLength(12);
  });

  it("and answers 410 is disabled at once, and what it missed can be recovered once it is active again", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing(410));
    const since = new Date(Date.now() - MINUTE).toISOString();
    await tell();
    await receivers.settle();
    expect(await endpoint(webhook)).toMatchObject({ active: false, disabled_reason: "gone" });
    const audited = env.DB.prepare("SELECT actor, details FROM audit_log WHERE action = ? AND target = ?");
    expect((await audited.bind("webhook.disabled", webhook.id).all()).results).toEqual([
      { actor: "system", details: '{"reason":"gone"}' },
    ]);
    await tell();
    await receivers.settle();
    expect((await api("POST", `/v1/webhooks/${webhook.id}/recover`, { since })).status).toBe(409);
    receivers.answer(webhook.url, ok);
    expect((await api("PATCH", `/v1/webhooks/${webhook.id}`, { active: true })).body).toMatchObject({
      active: true,
      disabled_at: null,
      disabled_reason: null,
    });
    const recovered = await api("POST", `/v1/webhooks/${webhook.id}/recover`, { since });
    expect(recovered.body).toEqual({ recovered: 2, has_more: false });
    await receivers.settle();
    expect(receivers.at(webhook.url)).toHaveLength(3);
    // Whatever has arrived is not sent again.
    expect((await api("POST", `/v1/webhooks/${webhook.id}/recover`, { since })).body.recovered).toBe(0);
  });

  it.each([429, 503])("with %d and Retry-After is left alone for as long", async (status) => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, () => new Response(null, { status, headers: { "Retry-After": "600" } }));
    await tell();
    await receivers.settle();
    const [delivery] = await deliveriesOf(workspace, webhook);
    expect(Date.parse(delivery.next_attempt_at) - Date.now()).toBeGreaterThan(598 * SECOND);
    await receivers.pass(9 * MINUTE);
    expect(receivers.at(webhook.url)).toHaveLength(1);
    await receivers.pass(2 * MINUTE);
    expect(receivers.at(webhook.url)).toHaveLength(2);
  });

  it("with a date in Retry-After is left alone until then", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    const at = new Date(Date.now() + 20 * MINUTE);
    receivers.answer(
      webhook.url,
      () => new Response(null, { status: 429, headers: { "Retry-After": at.toUTCString() } }),
    );
    await tell();
    await receivers.settle();
    const [delivery] = await deliveriesOf(workspace, webhook);
    expect(Math.abs(Date.parse(delivery.next_attempt_at) - at.getTime())).toBeLessThan(2 * SECOND);
  });
});

describe("what counts as a failure", () => {
  async function attemptWith(answering: (init: RequestInit) => Response | Promise<Response>) {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, (_received, init) => answering(init));
    await tell();
    await receivers.settle();
    const [delivery] = await deliveriesOf(workspace, webhook);
    return { webhook, delivery, attempt: delivery.attempts[0] };
  }

  it("a redirect, which is not followed", async () => {
    const { delivery, attempt } = await attemptWith((init) => {
      expect(init.redirect).toBe("manual");
      return new Response(null, { status: 302, headers: { Location: "http://127.0.0.1:8787/v1/posts" } });
    });
    expect([delivery.status, attempt.status]).toEqual(["pending", 302]);
    expect(attempt.error).toBe("The endpoint answered 302, and redirects are not followed.");
    expect(receivers.received).toHaveLength(1);
  });

  it("an address that is not allowed any more", async () => {
    const { webhook } = await attemptWith(ok);
    await env.DB.prepare("UPDATE webhooks SET url = 'https://10.0.0.1/hook' WHERE id = ?").bind(webhook.id).run();
    advance(SECOND);
    await tell();
    await receivers.settle();
    const [delivery] = await deliveriesOf(workspace, webhook);
    expect(delivery.attempts[0]).toMatchObject({
      status: null,
      error: "The address must name a host, not an address.",
    });
    expect(receivers.received.map(({ url }) => url)).not.toContain("https://10.0.0.1/hook");
  });

  it("nothing to connect to, or a certificate of somebody else", async () => {
    const { attempt } = await attemptWith(() => Promise.reject(new TypeError("TLS peer's certificate is not valid")));
    expect(attempt).toMatchObject({ status: null, error: "The endpoint could not be reached.", response: "" });
  });

  it("no answer within 15 seconds", async () => {
    const timer = stopwatch();
    const { attempt } = await attemptWith(() => {
      timer.ring();
      return Promise.reject(new DOMException("", "TimeoutError"));
    });
    expect(timer.span).toBe(15 * SECOND);
    expect(attempt).toMatchObject({ status: null, error: "The endpoint did not answer within 15 seconds." });
  });

  it("a body that comes so slowly that it is not there within 15 seconds", async () => {
    const timer = stopwatch();
    const { delivery, attempt } = await attemptWith(({ signal }) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("slow"));
          signal?.addEventListener("abort", () => controller.error(signal.reason));
          scheduler.wait(1).then(() => timer.ring());
        },
      });
      return new Response(body, { status: 200 });
    });
    expect([delivery.status, attempt.status, attempt.response]).toEqual(["pending", 200, "slow"]);
    expect(attempt.error).toBe("The endpoint did not answer within 15 seconds.");
  });

  it("but not a body without an end, of which no more than 16 KiB are read and 1 kB is kept", async () => {
    let sent = 0;
    let isLetGo = false;
    const { delivery, attempt } = await attemptWith(() => {
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1_024;
          controller.enqueue(new Uint8Array(1_024).fill(97));
        },
        cancel() {
          isLetGo = true;
        },
      });
      return new Response(body, { status: 200 });
    });
    expect([delivery.status, attempt.response.length, isLetGo]).toEqual(["delivered", 1_024, true]);
    expect(sent).toBeLessThanOrEqual(18 * 1_024);
  });

  /** Stands in for the clock that ends a request; not for the one that ends the API's wait for its limiter. */
  function stopwatch() {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const controller = new AbortController();
    const watch = { span: 0, ring: () => controller.abort(new DOMException("", "TimeoutError")) };
    vi.spyOn(AbortSignal, "timeout").mockImplementation((span) => {
      if (span < SECOND) return timeout(span);
      watch.span = span;
      return controller.signal;
    });
    return watch;
  }
});

describe("a secret that is replaced", () => {
  it("is signed with for a day beside the new one, or as long as is asked for", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    const rotated = await api("POST", `/v1/webhooks/${webhook.id}/rotate`);
    expect(rotated.status).toBe(200);
    const { secret } = rotated.body;
    expect(secret).toMatch(/^whsec_/);
    const taken = async () => {
      await tell();
      await receivers.settle();
      const { body, headers } = receivers.at(webhook.url).at(-1) ?? { body: "", headers: {} };
      return [SECRET, secret].map((each) => {
        try {
          return new Webhook(each).verify(body, headers) !== null;
        } catch {
          return false;
        }
      });
    };
    expect(await taken()).toEqual([true, true]);
    advance(DAY - MINUTE);
    expect(await taken()).toEqual([true, true]);
    advance(2 * MINUTE);
    expect(await taken()).toEqual([false, true]);
    const own = `whsec_${btoa("x".repeat(32))}`;
    const asked = await api("POST", `/v1/webhooks/${webhook.id}/rotate`, { secret: own, overlap_hours: 0 });
    expect([asked.status, "secret" in asked.body]).toEqual([200, false]);
    expect(await taken()).toEqual([false, false]);
  });

  it("is not replaced by itself, and overlaps by seven days at most", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    const rotate = (body: object) => api("POST", `/v1/webhooks/${webhook.id}/rotate`, body);
    expect((await rotate({ secret: SECRET })).body.error.field).toBe("secret");
    expect((await rotate({ overlap_hours: 169 })).body.error.field).toBe("overlap_hours");
    expect((await rotate({ overlap_hours: 168 })).status).toBe(200);
  });
});

describe("an endpoint that fails again and again", () => {
  it("holds its deliveries behind one that tries it, and lets them go in order once it answers", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    const healthy = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    for (let i = 0; i < 5; i++) {
      await tell();
      await receivers.settle();
    }
    const before = receivers.at(webhook.url).length;
    expect(before).toBe(5);
    // From here on nothing is sent to it but the one that tries.
    for (let i = 0; i < 20; i++) await tell();
    await receivers.settle();
    expect(receivers.at(webhook.url)).toHaveLength(before);
    expect(receivers.at(healthy.url)).toHaveLength(25);
    await receivers.pass(HOUR);
    expect(receivers.at(webhook.url).length - before).toBeLessThanOrEqual(9);
    const held = (await deliveriesOf(workspace, webhook)).filter(({ status }: { status: string }) => status === "held");
    expect(held).toHaveLength(25);

    receivers.answer(webhook.url, ok);
    const tried = receivers.at(webhook.url).length;
    await receivers.pass(20 * MINUTE);
    const ids = receivers
      .at(webhook.url)
      .slice(tried)
      .map(({ headers }) => headers["webhook-id"]);
    expect([ids.length, new Set(ids).size]).toEqual([25, 25]);
    expect(ids).toEqual([...ids].sort());
    const statuses = (await deliveriesOf(workspace, webhook)).map(({ status }: { status: string }) => status);
    expect(new Set(statuses)).toEqual(new Set(["delivered"]));
    expect((await endpoint(webhook)).failing_since).toBeNull();
    // And what happens from now on is sent at once.
    await tell();
    await receivers.settle();
    expect(receivers.at(webhook.url).slice(tried)).toHaveLength(26);
  });

  it("gets all that was held, however much that is", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    for (let i = 0; i < 5; i++) {
      await tell();
      await receivers.settle();
    }
    for (let i = 0; i < 55; i++) await tell();
    await receivers.settle();
    const tried = receivers.at(webhook.url).length;
    receivers.answer(webhook.url, ok);
    await receivers.pass(20 * MINUTE);
    const ids = receivers
      .at(webhook.url)
      .slice(tried)
      .map(({ headers }) => headers["webhook-id"]);
    expect([ids.length, new Set(ids).size]).toEqual([60, 60]);
  });

  it("is sent what was on trial while it took something else", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    for (let i = 0; i < 6; i++) {
      await tell();
      await receivers.settle();
    }
    const [asked] = await deliveriesOf(workspace, webhook);
    const onTrial = Promise.withResolvers<Response>();
    let requests = 0;
    receivers.answer(webhook.url, () => (++requests === 1 ? onTrial.promise : ok()));
    advance(MINUTE);
    await sweepWebhooks();
    const trial = receivers.settle();
    await vi.waitFor(() => expect(requests).toBe(1));
    // Meanwhile a person has another one sent, which lets go all that is held.
    await api("POST", `/v1/deliveries/${asked.id}/retry`);
    await receivers.settle();
    await receivers.settle();
    onTrial.resolve(new Response(null, { status: 500 }));
    await trial;
    await receivers.pass(10 * MINUTE);
    const statuses = (await deliveriesOf(workspace, webhook)).map(({ status }: { status: string }) => status);
    expect(statuses).toEqual(statuses.map(() => "delivered"));
  });

  it("begins anew at another address: what was held is sent there", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    for (let i = 0; i < 6; i++) {
      await tell();
      await receivers.settle();
    }
    const url = newUrl();
    await api("PATCH", `/v1/webhooks/${webhook.id}`, { url });
    expect((await endpoint(webhook)).failing_since).toBeNull();
    await receivers.pass(2 * MINUTE);
    // The first five were to be sent again by their own schedule: what was held comes at once.
    expect(receivers.at(url).length).toBeGreaterThanOrEqual(1);
    await receivers.pass(6 * MINUTE);
    expect(receivers.at(url)).toHaveLength(6);
  });

  it("uses up no attempt of what is held", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    for (let i = 0; i < 6; i++) {
      await tell();
      await receivers.settle();
    }
    await receivers.pass(2 * DAY, 20 * MINUTE);
    const statuses = (await deliveriesOf(workspace, webhook)).map(({ status }: { status: string }) => status);
    expect(statuses).toEqual(statuses.map(() => "held"));
  });

  it("is disabled after five days, and what is held fails", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    for (let i = 0; i < 6; i++) {
      await tell();
      await receivers.settle();
    }
    await receivers.pass(5.1 * DAY, 30 * MINUTE);
    expect(await endpoint(webhook)).toMatchObject({ active: false, disabled_reason: "failing" });
    const statuses = (await deliveriesOf(workspace, webhook)).map(({ status }: { status: string }) => status);
    expect(statuses).toEqual(statuses.map(() => "failed"));
  });
});

describe("an endpoint that a person made inactive", () => {
  it("is told nothing, and what was under way goes on when it is active again", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    await tell();
    await receivers.settle();
    await api("PATCH", `/v1/webhooks/${webhook.id}`, { active: false });
    receivers.answer(webhook.url, ok);
    await tell();
    await receivers.pass(10 * MINUTE);
    expect(receivers.at(webhook.url)).toHaveLength(1);
    await api("PATCH", `/v1/webhooks/${webhook.id}`, { active: true });
    await receivers.pass(2 * MINUTE);
    expect(receivers.at(webhook.url)).toHaveLength(2);
    expect(await deliveriesOf(workspace, webhook)).toMatchObject([{ status: "delivered" }]);
  });

  it("is not tried while it is inactive", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    for (let i = 0; i < 5; i++) {
      await tell();
      await receivers.settle();
    }
    await api("PATCH", `/v1/webhooks/${webhook.id}`, { active: false });
    receivers.lose();
    advance(HOUR);
    await sweepWebhooks();
    const isProbe = (message: WebhookMessage) => message.kind === "probe" && message.webhook_id === webhook.id;
    expect(receivers.take().filter(isProbe)).toEqual([]);
    receivers.answer(webhook.url, ok);
    await api("PATCH", `/v1/webhooks/${webhook.id}`, { active: true });
    await receivers.pass(5 * MINUTE);
    const statuses = (await deliveriesOf(workspace, webhook)).map(({ status }: { status: string }) => status);
    expect(statuses).toEqual(statuses.map(() => "delivered"));
  });
});

describe("sending again", () => {
  it("what was delivered, with the same id and a new time", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    await tell();
    await receivers.settle();
    advance(HOUR);
    const [{ id }] = await deliveriesOf(workspace, webhook);
    const answer = await api("POST", `/v1/deliveries/${id}/retry`);
    expect([answer.status, answer.body.id, answer.body.status]).toEqual([200, id, "pending"]);
    await receivers.settle();
    const [first, second] = receivers.at(webhook.url).map(({ headers }) => headers);
    expect(second?.["webhook-id"]).toBe(first?.["webhook-id"]);
    expect(Number(second?.["webhook-timestamp"]) - Number(first?.["webhook-timestamp"])).toBe(3_600);
  });

  it("what is held, at once, whatever the endpoint is like", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    receivers.answer(webhook.url, failing());
    for (let i = 0; i < 6; i++) {
      await tell();
      await receivers.settle();
    }
    const held = (await deliveriesOf(workspace, webhook)).find(({ status }: { status: string }) => status === "held");
    receivers.answer(webhook.url, ok);
    await api("POST", `/v1/deliveries/${held.id}/retry`);
    await receivers.settle();
    expect(receivers.at(webhook.url).at(-1)?.headers["webhook-id"]).toBe(held.event_id);
  });

  it("is refused for what is not there, and for what is another workspace's", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    await tell();
    const [{ id }] = await deliveriesOf(workspace, webhook);
    const stranger = await newWorkspace();
    const answers = [
      await call("POST", `/v1/deliveries/${id}/retry`, { key: stranger.test }),
      await api("POST", "/v1/deliveries/dlv_1/retry"),
      await api("POST", `/v1/deliveries/${id}0/retry`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it("everything since a time that is told wrongly is refused", async () => {
    const webhook = await newWebhook(workspace, ["media.ready"]);
    const answer = await api("POST", `/v1/webhooks/${webhook.id}/recover`, { since: "yesterday" });
    expect([answer.status, answer.body.error.field]).toEqual([400, "since"]);
  });
});

it("deliveries are listed page by page, newest first", async () => {
  const webhook = await newWebhook(workspace, ["media.ready"]);
  for (let i = 0; i < 5; i++) {
    advance(SECOND);
    await tell();
  }
  const ids: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = cursor === "" ? "?limit=2" : `?limit=2&cursor=${cursor}`;
    const { body } = await api("GET", `/v1/webhooks/${webhook.id}/deliveries${query}`);
    ids.push(...body.deliveries.map(({ id }: { id: string }) => id));
    cursor = body.next_cursor;
  }
  expect(ids).toHaveLength(5);
  expect(ids).toEqual([...ids].sort().reverse());
  const other = await newWebhook(workspace, ["media.ready"]);
  const { body } = await api("GET", `/v1/webhooks/${webhook.id}/deliveries?limit=2`);
  const foreign = await api("GET", `/v1/webhooks/${other.id}/deliveries?cursor=${body.next_cursor}`);
  expect([foreign.status, foreign.body.error.field]).toEqual([400, "cursor"]);
});
