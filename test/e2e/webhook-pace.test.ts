import { existsSync, statfsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ChaosWorker } from "../chaos/worker.ts";
import type { WebhookReceiver } from "../helpers/webhook-receiver.ts";
import type { Client, Connected } from "./helpers/endpoints.ts";
import { connectAccount, Endpoints, latencies, newClient, until } from "./helpers/endpoints.ts";

/** They take a minute; `WEBHOOK_EVENTS=200` is a quicker look. */
const EVENTS = Number(process.env.WEBHOOK_EVENTS ?? 1_000);
const EVENTS_A_SECOND = 20;
const HEALTHY = 9;
/** What has not arrived by then is not waited for. */
const PATIENCE = 60_000;

let worker: ChaosWorker;
const endpoints = new Endpoints();

beforeAll(async () => {
  worker = await ChaosWorker.prepare({}, null, memory());
  worker.start();
  await worker.ready();
});
afterAll(async () => {
  worker.remove();
  await endpoints.close();
});

/**
 * Where the system keeps files in memory, if it has room there. A local database waits for its disk at every write, one
 * after the other and with the whole runtime: on a busy disk that is all that would be measured, and D1 is not like that.
 */
function memory(): string | undefined {
  const folder = "/dev/shm";
  if (!existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 512 * 1024 * 1024 ? folder : undefined;
}

// A machine that was busy with something else has a second chance.
it(`${EVENTS} events arrive at nine endpoints within five seconds, p99, while a tenth never answers`, {
  retry: 1,
  timeout: 240_000,
}, async () => {
  const api = await newClient(worker);
  const dead = await endpoints.add(api, ["account.connected"], () => ({ is: "hangs" }));
  const healthy: WebhookReceiver[] = [];
  while (healthy.length < HEALTHY) healthy.push(await endpoints.add(api, ["account.connected"]));
  const connected = await connectAtPace(api, EVENTS, EVENTS_A_SECOND);
  const expected = EVENTS * HEALTHY;
  const arrived = () => healthy.reduce((sum, { received }) => sum + received.length, 0);
  await until(() => arrived() >= expected, PATIENCE);
  const sorted = latencies(connected, healthy).sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  const told = `${arrived()} deliveries of ${EVENTS} events: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`;
  console.log(`${told}; the dead endpoint was called ${dead.received.length} times`);
  expect([arrived(), sorted.length]).toEqual([expected, expected]);
  for (const { received } of healthy) {
    expect(new Set(received.map(({ id }) => id)).size).toBe(EVENTS);
    expect(received.every(({ isGenuine }) => isGenuine)).toBe(true);
  }
  expect(at(0.99), told).toBeLessThan(5_000);
  // Once its first calls have failed, after 15 seconds, what is for it is held and not tried.
  expect(dead.received.length).toBeLessThan(20 * EVENTS_A_SECOND);
});

/** Connects accounts at a pace, whether or not the one before was answered. */
async function connectAtPace(api: Client, count: number, aSecond: number): Promise<Connected[]> {
  const startedAt = Date.now();
  const connecting: Promise<Connected>[] = [];
  for (let i = 0; i < count; i++) {
    await sleep(Math.max(0, startedAt + (i * 1_000) / aSecond - Date.now()));
    connecting.push(connectAccount(api));
  }
  return Promise.all(connecting);
}
