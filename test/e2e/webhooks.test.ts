import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ChaosWorker } from "../chaos/worker.ts";
import type { Connected } from "./helpers/endpoints.ts";
import { connectAccount, Endpoints, latencies, newClient, until } from "./helpers/endpoints.ts";

let worker: ChaosWorker;
const endpoints = new Endpoints();

beforeAll(async () => {
  worker = await ChaosWorker.prepare({}, null);
  worker.start();
  await worker.ready();
});
afterAll(() => worker.remove());
afterEach(() => endpoints.close());

it("events arrive when a kill -9 came between the transition and the delivery, once for each attempt", async () => {
  const api = await newClient(worker);
  const account = await connectAccount(api);
  const endpoint = await endpoints.add(api, ["publish.completed", "post.completed"], () => ({ is: "hangs" }));
  const killed = once(endpoint.events, "heard").then(() => worker.kill());
  const accepted = await api.call("POST", "/v1/publish", { content: "Told", accounts: [account.id] });
  expect(accepted.status).toBe(202);
  await killed;
  await worker.gone();
  // What was on its way in that moment is heard as well.
  await sleep(200);
  const before = endpoint.received.map(({ id }) => id);
  const taken = () => endpoint.received.filter(({ isTaken }) => isTaken);
  expect(taken()).toEqual([]);

  endpoint.conduct = () => ({ is: "takes" });
  worker.start();
  await worker.ready();
  expect(await until(() => taken().length >= 2, 100_000)).toBe(true);
  await sleep(3_000);
  const types = taken().map(({ body }) => JSON.parse(body).type);
  expect(types.sort()).toEqual(["post.completed", "publish.completed"]);
  expect(endpoint.received.every(({ isGenuine }) => isGenuine)).toBe(true);
  const { events } = (await api.call("GET", "/v1/events")).body as { events: { id: string; type: string }[] };
  const listed = events.filter(({ type }) => type !== "account.connected").map(({ id }) => id);
  expect(
    taken()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(listed.sort());
  // Each attempt is heard once, and what was heard before the kill is heard again with the same words.
  for (const id of before) expect(listed).toContain(id);
  expect(endpoint.received).toHaveLength(before.length + 2);
  expect(new Set(endpoint.received.map(({ id, body }) => `${id} ${body}`)).size).toBe(2);
}, 150_000);

it("events arrive at once while another endpoint takes its time", async () => {
  const api = await newClient(worker);
  const slow = await endpoints.add(api, ["account.connected"], () => ({ is: "is slow", after: 8_000 }));
  const quick = await endpoints.add(api, ["account.connected"]);
  const connected: Connected[] = [];
  for (let i = 0; i < 20; i++) connected.push(await connectAccount(api));
  // The slow one has answered none of them yet.
  expect(await until(() => quick.received.length >= 20 && slow.received.length >= 20, 5_000)).toBe(true);
  for (const latency of latencies(connected, [quick, slow])) expect(latency).toBeLessThan(5_000);
  expect([...quick.received, ...slow.received].every(({ isGenuine }) => isGenuine)).toBe(true);
});

it.skipIf(spawnSync("openssl", ["version"]).status !== 0)(
  "nothing is told to whoever shows a certificate that is not theirs",
  async () => {
    const api = await newClient(worker);
    let heard = 0;
    const server = createServer(certificate("somebody.example"), (_request, response) => {
      heard += 1;
      response.end();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const body = { url: `https://127.0.0.1:${port}/hook`, events: ["media.ready"] };
    const { id } = (await api.call("POST", "/v1/webhooks", body)).body;
    const tested = await api.call("POST", `/v1/webhooks/${id}/test`);
    expect(tested.body).toMatchObject({
      status: "failed",
      attempts: [{ status: null, error: "The endpoint could not be reached." }],
    });
    expect(heard).toBe(0);
    server.close();
  },
);

/** A key and a certificate that nobody vouches for, made for this test. */
function certificate(name: string): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "apionics-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", `/CN=${name}`, "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject], {
    stdio: "ignore",
  });
  const made = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return made;
}
