import type { Millis } from "../../src/lib/clock.ts";
import type { TaskStatus } from "../../src/lib/vocabulary.ts";
import type { ChaosClient } from "./client.ts";
import type { Endpoint } from "./endpoint.ts";
import type { History } from "./history.ts";
import { acceptanceOf } from "./history.ts";
import type { Violation } from "./invariants.ts";
import { violationsOf } from "./invariants.ts";
import type { Commit, Platform } from "./platform.ts";
import type { Recovery, RecoveryClass, Restart, TaskLife } from "./recovery.ts";
import { recoveries } from "./recovery.ts";
import type { ChaosOptions } from "./run.ts";
import type { KillKind, Tries } from "./storm.ts";
import type { ToldCounts } from "./told.ts";
import { toldCounts } from "./told.ts";
import type { Watch } from "./watch.ts";
import { taskName } from "./watch.ts";
import type { ChaosWorker, Life } from "./worker.ts";

/** The numbers of a run. */
export interface Results {
  options: ChaosOptions;
  posts: number;
  tasks: Record<TaskStatus, number>;
  kills: { total: number; byKind: ReadonlyMap<KillKind, number> };
  tries: Tries;
  lies: ReadonlyMap<string, number>;
  cuts: { own: number; broken: number };
  /** Answers of the API by their status. */
  answers: ReadonlyMap<number, number>;
  commits: number;
  /** Tasks with a commit that was not answered truly, and how many of them a person would have to look at. */
  ambiguous: { tasks: number; unconfirmed: number };
  /** What the client's endpoint was told, what it did instead of taking it well, and what was sent again by hand. */
  told: ToldCounts & { faults: ReadonlyMap<string, number>; sentAgain: number };
  recoveries: ReadonlyMap<RecoveryClass, Recovery>;
  violations: Violation[];
  /** How long the Worker took from its start until it answered. */
  startUps: { mean: Millis; slowest: Millis };
  took: { total: Millis; untilQuiet: Millis; untilTold: Millis };
}

interface Parts {
  options: ChaosOptions;
  history: History;
  platform: Platform;
  worker: ChaosWorker;
  client: ChaosClient;
  endpoint: Endpoint;
  watch: Watch;
  kills: ReadonlyMap<KillKind, number>;
  tries: Tries;
}

export function resultsOf(parts: Parts, took: Results["took"]): Results {
  const { options, history, platform, worker, client, endpoint, kills, tries } = parts;
  const statuses = [...history.final.values()].flatMap((post) => post?.tasks.map(({ status }) => status) ?? []);
  const inStorm = [...kills.values()].reduce((sum, count) => sum + count, 0);
  return {
    options,
    posts: history.final.size,
    tasks: countsOf(statuses) as Results["tasks"],
    kills: { total: inStorm + tries.kills, byKind: kills },
    tries,
    lies: platform.lies,
    cuts: client.cuts,
    answers: new Map(
      Object.entries(countsOf(history.answers.map(({ status }) => status))).map(([k, v]) => [Number(k), v]),
    ),
    commits: platform.commits.length,
    ambiguous: ambiguousOf(history, platform.commits),
    told: { ...toldCounts(history), faults: endpoint.faults, sentAgain: endpoint.sentAgain },
    recoveries: recoveries(taskLives(parts), restartsOf(worker.lives)),
    violations: violationsOf(history),
    startUps: startUpsOf(worker.lives),
    took,
  };
}

function countsOf(values: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** Equal texts on one account are one thing here: which of them a commit was for cannot be seen from outside. */
function ambiguousOf(history: History, commits: readonly Commit[]): Results["ambiguous"] {
  const inDoubt = commits.filter(({ answeredAt }) => answeredAt === null);
  let tasks = 0;
  let unconfirmed = 0;
  for (const { key, text, accounts } of history.asked) {
    const post = history.final.get(key);
    for (const { id, externalId } of accounts) {
      if (!inDoubt.some((commit) => commit.externalId === externalId && commit.text === text)) continue;
      tasks += 1;
      if (post?.tasks.find((task) => task.account_id === id)?.status === "unconfirmed") unconfirmed += 1;
    }
  }
  return { tasks, unconfirmed };
}

/** Tasks whose text nobody else has on their account: those alone can be followed from outside. */
function taskLives({ history, platform, watch }: Parts): TaskLife[] {
  return history.asked.flatMap(({ key, text, accounts, notBefore }) => {
    const post = history.final.get(key);
    const accepted = acceptanceOf(history.answers, key);
    if (!post || !accepted || history.asked.filter((other) => other.text === text).length > 1) return [];
    return accounts.map((account): TaskLife => {
      const isOwn = (call: { externalId: string; text: string }) => {
        return call.externalId === account.externalId && call.text === text;
      };
      const commitsAt = platform.commits.filter(isOwn).map(({ receivedAt }) => receivedAt);
      return {
        platform: account.platform,
        dueAt: Math.max(notBefore, accepted.at),
        callsAt: [...platform.preparations.filter(isOwn).map(({ at }) => at), ...commitsAt],
        commitsAt,
        endedAt: watch.endedAt.get(taskName(post.id, account.id)) ?? null,
      };
    });
  });
}

/** Kills, each with the first moment after it in which the Worker answered. */
function restartsOf(lives: readonly Life[]): Restart[] {
  return lives.flatMap(({ killedAt }, index) => {
    const readyAt = lives.slice(index + 1).find((life) => life.readyAt !== null)?.readyAt;
    return killedAt === null || !readyAt ? [] : [{ killedAt, readyAt }];
  });
}

function startUpsOf(lives: readonly Life[]): Results["startUps"] {
  const spans = lives.flatMap(({ startedAt, readyAt }) => (readyAt === null ? [] : readyAt - startedAt));
  return { mean: spans.reduce((total, span) => total + span, 0) / spans.length, slowest: Math.max(...spans) };
}
