import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, it } from "vitest";
import { keyOfSecret, newWebhookSecret, sign } from "../../src/webhooks/signature.ts";

/** Of the specification, github.com/standard-webhooks/standard-webhooks. */
const VECTOR = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

const VERIFIERS = [
  ["standardwebhooks", (secret: string) => new Webhook(secret)],
  ["svix", (secret: string) => new SvixWebhook(secret)],
] as const;

function headersOf(message: { id: string; timestamp: number }, signature: string) {
  return {
    "webhook-id": message.id,
    "webhook-timestamp": String(message.timestamp),
    "webhook-signature": signature,
  };
}

describe("a signature", () => {
  it("is the specification's", async () => {
    expect(await sign([VECTOR.secret], VECTOR)).toBe(VECTOR.signature);
  });

  it.each(VERIFIERS)("is taken by %s, in any script", async (_name, verifier) => {
    const secret = newWebhookSecret();
    const message = {
      id: "evt_1",
      timestamp: Math.floor(Date.now() / 1_000),
      body: JSON.stringify({ words: "Größe, 寸法, 🎈" }),
    };
    const headers = headersOf(message, await sign([secret], message));
    expect(() => verifier(secret).verify(message.body, headers)).not.toThrow();
  });

  it.each(VERIFIERS)("by two secrets is taken by %s with either, and with no third", async (_name, verifier) => {
    const [old, fresh, other] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];
    const message = { id: "evt_1", timestamp: Math.floor(Date.now() / 1_000), body: "{}" };
    const headers = headersOf(message, await sign([fresh, old], message));
    expect(() => verifier(old).verify(message.body, headers)).not.toThrow();
    expect(() => verifier(fresh).verify(message.body, headers)).not.toThrow();
    expect(() => verifier(other).verify(message.body, headers)).toThrow();
  });

  it.each(VERIFIERS)("is refused by %s for a body that was changed on its way", async (_name, verifier) => {
    const secret = newWebhookSecret();
    const message = { id: "evt_1", timestamp: Math.floor(Date.now() / 1_000), body: '{"a":1}' };
    const headers = headersOf(message, await sign([secret], message));
    expect(() => verifier(secret).verify('{"a":2}', headers)).toThrow();
  });
});

describe("a secret", () => {
  it("that is made differs each time and is one that we take", () => {
    const made = Array.from({ length: 20 }, newWebhookSecret);
    expect(new Set(made).size).toBe(20);
    expect(made.map((secret) => keyOfSecret(secret)?.length)).toEqual(made.map(() => 32));
  });

  it.each([
    "",
    "whsec_",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!!",
    "whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
    " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  ])("is not %j", (secret) => {
    expect(keyOfSecret(secret)).toBeNull();
  });
});
