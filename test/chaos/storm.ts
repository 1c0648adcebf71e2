import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import { SECOND } from "../../src/lib/clock.ts";
import type { ChaosClient } from "./client.ts";
import { acceptanceOf } from "./history.ts";
import type { Platform } from "./platform.ts";
import type { Publisher } from "./publisher.ts";
import type { Random } from "./random.ts";
import type { ChaosWorker } from "./worker.ts";
import type { Order, Workload } from "./workload.ts";

/*
 * The kills. Each ends a life of the Worker; the next begins at once, on the same state.
 */

/** When a kill comes: at any moment, right after a 202, right after the platform heard of a commit, during start-up. */
export type KillKind = "random" | "after 202" | "commit" | "start-up";

export interface StormParts {
  worker: ChaosWorker;
  platform: Platform;
  client: ChaosClient;
  publisher: Publisher;
  workload: Workload;
  random: Random;
  say(line: string): void;
}

/** How long a life lasts after it was ready, at most, before its kill is aimed. */
const LIFE: Millis = 4 * SECOND;
/** How long a kill waits for what it is aimed at. */
const AIM: Millis = 5 * SECOND;
/** A start-up takes about this long; posts are asked for meanwhile as well. */
const START_UP: Millis = 4 * SECOND;

/** Publishes so many posts while the Worker is killed so many times. @returns how often each way */
export async function storm(parts: StormParts, posts: number, kills: number): Promise<Map<KillKind, number>> {
  const { worker, publisher, workload, random, say } = parts;
  const done = new Map<KillKind, number>();
  const orders: Promise<void>[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const share = Math.ceil((posts - orders.length) / (kills - kill));
    for (let i = 0; i < share; i++) orders.push(carryOutLater(publisher, workload, random.between(0, LIFE + START_UP)));
    const kind = random.weighted([
      [4, "random"],
      [2, "after 202"],
      [3, "commit"],
      [1, "start-up"],
    ] as const);
    await aim(parts, kind);
    worker.kill();
    done.set(kind, (done.get(kind) ?? 0) + 1);
    await worker.gone();
    worker.start();
    if ((kill + 1) % 10 === 0) say(`${kill + 1} kills, ${publisher.accepted.size} posts accepted`);
  }
  await worker.ready();
  await Promise.all(orders);
  return done;
}

async function carryOutLater(publisher: Publisher, workload: Workload, after: Millis): Promise<void> {
  await sleep(after);
  await publisher.carryOut(workload.next());
}

/** Waits for the moment of a kill. */
async function aim({ worker, platform, client, random }: StormParts, kind: KillKind): Promise<void> {
  if (kind === "start-up") {
    await sleep(random.between(0.1, 0.95) * START_UP);
    return;
  }
  await worker.ready();
  await sleep(random.between(0, LIFE));
  const signal = AbortSignal.timeout(AIM);
  if (kind === "after 202") await once(client.events, "accepted", { signal }).catch(onlyTimeout);
  if (kind === "commit") {
    await once(platform.events, "commit", { signal }).catch(onlyTimeout);
    await sleep(random.between(0, 40));
  }
}

/** What a kill is aimed at may not come: then it hits nothing in particular. */
function onlyTimeout(error: unknown): void {
  if (!(error instanceof Error && error.name === "AbortError")) throw error;
}

export interface Tries {
  kills: number;
  /** 202s whose Worker was killed at once. */
  tries: number;
  /** Those of them whose post was there after the restart. */
  found: number;
}

/** Posts of one kill: each has its 202 before it. */
const AT_ONCE = 4;

/**
 * Publishes, kills in the tick in which the headers of the last of a few 202s arrive, starts again, and looks whether
 * the posts are there: the same key must be answered with what it was answered before.
 */
export async function acceptedThenKilled(parts: StormParts, wanted: number): Promise<Tries> {
  const { worker, client, publisher, workload, say } = parts;
  const tries: Tries = { kills: 0, tries: 0, found: 0 };
  // Some groups lose a request to the kill; a run in which half of them do is not one.
  const most = Math.ceil(wanted / AT_ONCE) * 2;
  while (tries.tries < wanted && tries.kills < most) {
    const size = Math.min(AT_ONCE, wanted - tries.tries);
    const orders = Array.from({ length: size }, () => workload.nextForNow());
    await worker.ready();
    await killAtAcceptance(parts, orders);
    tries.kills += 1;
    await worker.gone();
    const accepted = orders.filter(({ asked }) => acceptanceOf(client.answers, asked.key));
    tries.tries += accepted.length;
    worker.start();
    await worker.ready();
    const before = client.answers.length;
    await publisher.repeat(orders);
    const replays = client.answers.slice(before).filter(({ isReplay }) => isReplay);
    for (const { asked } of accepted) {
      const id = publisher.accepted.get(asked.key)?.id;
      const read = await client.read(`/v1/posts/${id}`);
      if (replays.some(({ key }) => key === asked.key) && read?.id === id) tries.found += 1;
    }
    if (tries.kills % 10 === 0) say(`${tries.tries} posts accepted and killed at once, ${tries.found} there`);
  }
  return tries;
}

async function killAtAcceptance({ worker, client, publisher }: StormParts, orders: Order[]): Promise<void> {
  const missing = new Set(orders.map(({ asked }) => asked.key));
  const onAccepted = (key: string) => {
    missing.delete(key);
    if (missing.size === 0) worker.kill();
  };
  client.events.on("accepted", onAccepted);
  await publisher.tryOnce(orders);
  client.events.off("accepted", onAccepted);
  // One of them was not accepted: then there was no moment, and this is as good a one.
  if (missing.size > 0) worker.kill();
}
