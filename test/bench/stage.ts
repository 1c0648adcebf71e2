import { rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { SECOND } from "../../src/lib/clock.ts";
import { newId } from "../../src/lib/ids.ts";
import { client } from "../e2e/helpers/client.ts";
import { WIDE_LIMITS } from "../helpers/wide-limits.ts";
import { PlatformProcess } from "./platform-process.ts";
import type { Side } from "./server.ts";
import { Server } from "./server.ts";

/** Of a run, and of nothing else: not a secret. */
const SECRETS = {
  ADMIN_TOKEN: "admin-token-of-a-benchmark",
  API_KEY_PEPPER: "api-key-pepper-of-a-benchmark",
  ENCRYPTION_KEYS: `bench:${Buffer.alloc(32, 7).toString("base64")}`,
};
/** How many posts are stored before anything is measured. */
export const STORED = 100_000;
/** Ids of stored posts that are read, spread over all of them. */
const READ = 1_000;

/** Both Workers with equal databases, and the platform that both publish to. */
export interface Stage {
  servers: Record<Side, Server>;
  platform: PlatformProcess;
  /** What opens each: ours a key's secret, the floor its digest. */
  bearers: Record<Side, string>;
  accountId: string;
  postIds: string[];
  stop(): Promise<void>;
}

/** Starts everything. `say` is told how it goes on. */
export async function setUp(say: (line: string) => void): Promise<Stage> {
  const platform = await PlatformProcess.start();
  const [page, floorPage] = [await platform.open(), await platform.open()];
  say("bundling both Workers");
  const ours = await Server.prepare("ours", {
    ...SECRETS,
    META_GRAPH_ORIGIN: platform.origin,
    INSTAGRAM_GRAPH_ORIGIN: platform.origin,
  });
  const floor = await Server.prepare("floor", {
    FEED: `${platform.origin}/v26.0/${floorPage.externalId}/feed`,
    TOKEN: floorPage.token,
  });
  const stop = async () => {
    await Promise.all([ours.stop(), floor.stop()]);
    platform.stop();
  };
  try {
    await ours.start();
    const admin = client(ours.origin, SECRETS.ADMIN_TOKEN);
    const workspace = await admin.call("POST", "/v1/workspaces", { name: "Benchmark" });
    const secret: string = workspace.body.api_keys.live;
    const { call, ended } = client(ours.origin, secret);
    const account = await call("POST", "/v1/accounts", {
      platform: "facebook",
      external_id: page.externalId,
      access_token: page.token,
    });
    if (account.status !== 201) throw new Error(`the account was not connected: ${account.text}`);
    const accountId: string = account.body.id;
    const first = await call("POST", "/v1/publish", {
      content: "The post that all others are like",
      accounts: [accountId],
    });
    await ended(first.body.id);
    await sleep(SECOND);
    say(`storing ${STORED} posts`);
    const { postIds, digest } = fill(ours, workspace.body.id, first.body.id);
    copyDatabase(ours, floor);
    await floor.start();
    return { servers: { floor, ours }, platform, bearers: { floor: digest, ours: secret }, accountId, postIds, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Widens the workspace's limits, and stores posts that are like one that was published. */
function fill(server: Server, workspaceId: string, likeId: string): { postIds: string[]; digest: string } {
  return server.withDatabase((database) => {
    database.exec("BEGIN");
    database.prepare("UPDATE workspaces SET rate_limits = ?").run(JSON.stringify(WIDE_LIMITS));
    const [addPost, addTask] = [copier(database, "posts", "id", likeId), copier(database, "tasks", "post_id", likeId)];
    const postIds: string[] = [];
    const now = Date.now();
    for (let back = STORED; back > 0; back--) {
      const id = newId("post", now - back * SECOND);
      addPost(id);
      addTask(id);
      if (back % (STORED / READ) === 0) postIds.push(id);
    }
    database
      .prepare("UPDATE post_counts SET published = published + ? WHERE workspace_id = ?")
      .run(STORED, workspaceId);
    database.exec("COMMIT");
    const key = database
      .prepare("SELECT digest FROM api_keys WHERE workspace_id = ? AND mode = 'live'")
      .get(workspaceId);
    return { postIds, digest: String(key?.digest) };
  });
}

/** Adds a row to a table that is like another but for its id. */
function copier(database: DatabaseSync, table: string, idColumn: string, likeId: string): (id: string) => void {
  const like = database.prepare(`SELECT * FROM ${table} WHERE ${idColumn} = ?`).get(likeId) ?? {};
  const names = Object.keys(like);
  const add = database.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map((name) => `$${name}`)})`);
  return (id) => add.run({ ...like, [idColumn]: id });
}

/** Both read and write the same tables, of the same size. */
function copyDatabase(from: Server, to: Server): void {
  const file = to.databaseFile();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
  from.withDatabase((database) => database.prepare("VACUUM INTO ?").run(file));
}
