import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { PlatformId } from "../../src/lib/vocabulary.ts";
import { LIVE_PLATFORMS, POST_STATUSES } from "../../src/lib/vocabulary.ts";
import { client } from "../e2e/helpers/client.ts";
import { ChaosClient } from "./client.ts";
import { Endpoint } from "./endpoint.ts";
import type { Account, FinalPost, History } from "./history.ts";
import { Liar } from "./lies.ts";
import { Platform } from "./platform.ts";
import { Publisher } from "./publisher.ts";
import { Random } from "./random.ts";
import type { Results } from "./results.ts";
import { resultsOf } from "./results.ts";
import { acceptedThenKilled, storm } from "./storm.ts";
import { Watch } from "./watch.ts";
import { ChaosWorker } from "./worker.ts";
import { Workload } from "./workload.ts";

export interface ChaosOptions {
  posts: number;
  kills: number;
  /** How many posts are accepted and their Worker killed at once; besides `posts`. */
  acceptedThenKilled: number;
  seed: number;
  /** `SETTLE_SCALE` of the run. */
  scale: number;
  /** Where what the Worker prints is written down; null: nowhere. */
  logFile: string | null;
}

const PICTURE = resolve(import.meta.dirname, "../../scripts/first-post.jpg");
const ACCOUNTS = { instagram: 4, facebook: 4 } as const satisfies Record<PlatformId, number>;
/** How long the platform lies on after the last kill, unless all is over before. */
const LIES_ON: Millis = MINUTE;
/** Everything must be over within this after the last fault. */
const QUIET_WITHIN: Millis = 15 * MINUTE;

/** Runs chaos and looks at what it left. `say` is told how it goes on. */
export async function runChaos(options: ChaosOptions, say: (line: string) => void): Promise<Results> {
  const startedAt = Date.now();
  const { seed, scale } = options;
  const platform = new Platform();
  const graph = await platform.listen();
  const endpoint = new Endpoint();
  const settings = { META_GRAPH_ORIGIN: graph, INSTAGRAM_GRAPH_ORIGIN: graph, SETTLE_SCALE: String(scale) };
  const worker = await ChaosWorker.prepare(settings, options.logFile);
  try {
    worker.start();
    await worker.ready();
    const { key, otherKeys, accounts, mediaId } = await setUp(worker, platform, endpoint);
    const api = new ChaosClient(worker.origin, key, new Random(seed, "client"));
    const publisher = new Publisher(api);
    const watch = new Watch(api, publisher.accepted);
    const watching = watch.run();
    const parts = {
      worker,
      platform,
      client: api,
      publisher,
      workload: new Workload(new Random(seed, "workload"), accounts, mediaId),
      random: new Random(seed, "storm"),
      say,
    };

    platform.lieBy(new Liar(new Random(seed, "platform"), scale));
    endpoint.failBy(new Random(seed, "endpoint"));
    api.isImpatient = true;
    const kills = await storm(parts, options.posts, options.kills);
    api.isImpatient = false;
    const tries = await acceptedThenKilled(parts, options.acceptedThenKilled);
    say(`kills ended; ${watch.open} posts are not over`);
    await untilOver(watch, LIES_ON);
    platform.lieBy(null);
    endpoint.failBy(null);
    const faultsEndedAt = Date.now();
    say(`faults ended; ${watch.open} posts are not over`);
    await untilOver(watch, QUIET_WITHIN);
    await platform.quiet();
    watch.stop();
    await watching;
    const quietAt = Date.now();
    await endpoint.untilTold(api, worker.origin, key, QUIET_WITHIN);
    const toldAt = Date.now();
    await publisher.repeatAll();
    const others = otherKeys.map((other) => new ChaosClient(worker.origin, other, new Random(seed, "others")));
    const history = await readHistory(api, others, publisher, platform, endpoint);
    return resultsOf(
      { options, history, platform, worker, client: api, endpoint, watch, kills, tries },
      {
        total: Date.now() - startedAt,
        untilQuiet: quietAt - faultsEndedAt,
        untilTold: toldAt - faultsEndedAt,
      },
    );
  } finally {
    worker.remove();
    await platform.close();
    await endpoint.close();
  }
}

/** Makes a workspace, connects accounts of the platform in live mode, adds a picture, and registers the endpoint. */
async function setUp(worker: ChaosWorker, platform: Platform, endpoint: Endpoint) {
  const workspace = await client(worker.origin, worker.adminToken).call("POST", "/v1/workspaces", { name: "Chaos" });
  worker.widenLimits(workspace.body.id);
  const other = await client(worker.origin, worker.adminToken).call("POST", "/v1/workspaces", { name: "Another" });
  worker.widenLimits(other.body.id);
  const key: string = workspace.body.api_keys.live;
  const otherKeys: string[] = [workspace.body.api_keys.test, other.body.api_keys.live, other.body.api_keys.test];
  const { call } = client(worker.origin, key);
  const accounts: Account[] = [];
  for (const name of LIVE_PLATFORMS) {
    for (let i = 0; i < ACCOUNTS[name]; i++) {
      const { externalId, token } = platform.open(name);
      const body = { platform: name, external_id: externalId, access_token: token };
      const connected = await call("POST", "/v1/accounts", body);
      if (connected.status !== 201) throw new Error(`an account was not connected: ${connected.text}`);
      accounts.push({ id: connected.body.id, externalId, platform: name });
    }
  }
  const form = new FormData();
  form.set("file", new File([readFileSync(PICTURE)], "picture.jpg"));
  const added = await call("POST", "/v1/media", form);
  if (added.status !== 201) throw new Error(`the picture was not taken: ${added.text}`);
  await endpoint.register(worker.origin, key);
  return { key, otherKeys, accounts, mediaId: added.body.id as string };
}

/** Waits until all posts are over, so long at most. What never is, the invariants report. */
async function untilOver(watch: Watch, atMost: Millis): Promise<void> {
  const deadline = Date.now() + atMost;
  while (watch.open > 0 && Date.now() < deadline) await sleep(SECOND / 4);
}

async function readHistory(
  api: ChaosClient,
  others: readonly ChaosClient[],
  publisher: Publisher,
  platform: Platform,
  endpoint: Endpoint,
): Promise<History> {
  const final = new Map<string, FinalPost | null>();
  for (const [key, { id }] of publisher.accepted) {
    const read = await api.read(`/v1/posts/${id}`);
    final.set(key, read?.id === id ? read : null);
  }
  const countOf = async (query: string): Promise<number> => (await api.read(`/v1/posts?limit=1${query}`)).total;
  const byStatus: History["counted"]["byStatus"] = Object.fromEntries(
    await Promise.all(POST_STATUSES.map(async (status) => [status, await countOf(`&status=${status}`)] as const)),
  );
  return {
    asked: publisher.asked,
    answers: api.answers,
    final,
    publicPosts: platform.publicPosts(),
    listed: await endpoint.listed(api),
    received: endpoint.received,
    elsewhere: await seenElsewhere(others, publisher),
    counted: { total: await countOf(""), byStatus },
  };
}

/** What keys of another workspace, and of the other mode, see of the posts. */
async function seenElsewhere(others: readonly ChaosClient[], publisher: Publisher): Promise<History["elsewhere"]> {
  const statuses: number[] = [];
  const totals: number[] = [];
  for (const other of others) {
    totals.push((await other.read("/v1/posts?limit=1")).total);
    for (const { id } of publisher.accepted.values()) {
      const read = await other.read(`/v1/posts/${id}`);
      statuses.push(read?.error?.code === "not_found" ? 404 : 200);
    }
  }
  return { statuses, totals };
}
