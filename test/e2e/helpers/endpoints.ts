import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { ChaosWorker } from "../../chaos/worker.ts";
import type { Conduct } from "../../helpers/webhook-receiver.ts";
import { WebhookReceiver } from "../../helpers/webhook-receiver.ts";
import { client } from "./client.ts";

/*
 * A workspace with webhook endpoints, and the cheapest thing that they can be told of: an account that was connected.
 */

/** Of these tests, and of nothing else: not a secret. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export type Client = ReturnType<typeof client>;

/** A client in test mode with a workspace of its own, whose limits it does not meet. */
export async function newClient(worker: ChaosWorker): Promise<Client> {
  const { origin, adminToken } = worker;
  const workspace = await client(origin, adminToken).call("POST", "/v1/workspaces", { name: "Webhooks" });
  worker.widenLimits(workspace.body.id);
  return client(origin, workspace.body.api_keys.test);
}

/** The endpoints of a test file. */
export class Endpoints {
  #open: WebhookReceiver[] = [];

  /** An endpoint that is registered. */
  async add(
    { call }: Client,
    events: string[],
    conduct: () => Conduct = () => ({ is: "takes" }),
  ): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(SECRET);
    receiver.conduct = conduct;
    this.#open.push(receiver);
    const answer = await call("POST", "/v1/webhooks", { url: await receiver.listen(), events, secret: SECRET });
    expect(answer.status, answer.text).toBe(201);
    return receiver;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((receiver) => receiver.close()));
  }
}

/** An account, and when the API answered that it is connected. */
export interface Connected {
  id: string;
  at: number;
}

export async function connectAccount({ call }: Client): Promise<Connected> {
  const answer = await call("POST", "/v1/accounts/sandbox", { platform: "facebook", username: "e2e", behavior: "ok" });
  const at = Date.now();
  expect(answer.status, answer.text).toBe(201);
  return { id: answer.body.id, at };
}

/** Waits until something holds, so long at most. @returns whether it does */
export async function until(holds: () => boolean, patience: number): Promise<boolean> {
  for (const deadline = Date.now() + patience; !holds() && Date.now() < deadline; ) await sleep(50);
  return holds();
}

/** How long after the API's answer each event arrived where, in milliseconds; 0 for one that was quicker. */
export function latencies(connected: readonly Connected[], receivers: readonly WebhookReceiver[]): number[] {
  const answeredAt = new Map(connected.map(({ id, at }) => [id, at]));
  return receivers.flatMap(({ received }) =>
    received.flatMap(({ body, at }) => {
      const committedAt = answeredAt.get(JSON.parse(body).data.account.id);
      return committedAt === undefined ? [] : Math.max(0, at - committedAt);
    }),
  );
}
