import { HOUR, MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { PublishMessage } from "../../src/post/messages.ts";
import type { Interference } from "./crossing.ts";
import type { Mishap } from "./network.ts";
import type { PlannedPost } from "./plan.ts";
import type { World } from "./world.ts";

/*
 * Situations that chance seldom brings about, each with what has to come of it. The invariants hold besides.
 */

/** What came of a scenario. */
export interface Seen {
  /** The tasks' statuses, in the order of the plan. */
  statuses: string[];
  shown: number;
  reached: ReadonlySet<string>;
  accepted: number;
  /** Requests that endpoints got. */
  requests: number;
  canceled: boolean;
}

export interface Scenario {
  plan: PlannedPost[];
  script(world: World): void;
  expected: Partial<Omit<Seen, "reached">> & { reached?: string[] };
  /** Violations that are none here: what endpoints were told the database may have lost. */
  excused?: RegExp;
}

function post(changes: Partial<PlannedPost> = {}): PlannedPost {
  return {
    name: "post 0",
    mode: "live",
    workspace: 0,
    accounts: ["page"],
    text: "Words",
    hasPicture: false,
    at: 0,
    schedule: 10 * SECOND,
    key: "key",
    asks: "without a key",
    approval: null,
    senders: 1,
    cancelAt: null,
    readAt: [],
    publishWithin: null,
    commands: [],
    ...changes,
  };
}

const TWINS = [post(), post({ name: "post 1", key: "another key" })];
const IS_COMMIT = /^POST \{id\}\/(feed|media_publish)$/;
const CUT: Mishap = { is: "cut after" };
const REFUSED: Mishap = { is: "refused", error: { code: 100, message: "Invalid parameter" } };

/** Spoils the first calls that match. */
function spoil(world: World, matches: RegExp, mishap: Mishap, times = 1): void {
  let left = times;
  world.network.script = (name) => (matches.test(name) && left-- > 0 ? mishap : null);
}

/** Interferes with one call, counted from 1. */
function interfere(world: World, place: string, which: number, make: () => Interference): void {
  let calls = 0;
  world.scripted.push(place);
  world.crossings.script = (called) => {
    if (called !== place) return null;
    calls += 1;
    if (calls !== which) return null;
    world.scripted.splice(world.scripted.indexOf(place), 1);
    return make();
  };
}

/** As one that failed before: with one failure more its deliveries are held. */
function isFailing(world: World): void {
  const since = world.start - HOUR;
  world.sqlite.all("UPDATE webhooks SET failures = 4, failing_since = ? WHERE url LIKE '%/flaky-0'", since);
}

function at(world: World, after: number, act: () => void): void {
  world.scheduler.at(world.start + after, "as scripted", act);
}

/** What the database is told of a post's beginning, and of all that follows. */
const BEGINNING = "d1 batch update posts";
const PROJECTION = "d1 batch update post_counts";
const LOST = new Error("D1_ERROR: Network connection lost.");

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "nothing goes wrong": {
    plan: [post({ readAt: [MINUTE] }), post({ name: "post 1", key: "k", accounts: ["instagram"], hasPicture: true })],
    script: () => {},
    expected: { statuses: ["published", "published"], shown: 2, accepted: 2 },
  },
  "a cancel races the fire, and the process dies before it can answer": {
    plan: [post({ cancelAt: 9_900 })],
    script: (world) => interfere(world, "post.cancel", 1, () => ({ after: () => world.crash() })),
    expected: { statuses: ["canceled"], shown: 0, canceled: true },
  },
  "a sender sleeps through its permit": {
    plan: [post()],
    script: (world) => interfere(world, "post.arm", 1, () => ({ answerDelay: 20 * SECOND })),
    expected: { statuses: ["published"], shown: 1, reached: ["report not_sent: taken"] },
  },
  "a sender sleeps until its commit was taken for lost": {
    plan: [post()],
    script: (world) => interfere(world, "post.arm", 1, () => ({ answerDelay: 14 * MINUTE })),
    expected: { statuses: ["published"], shown: 1, reached: ["report not_sent: stale", "a second commit"] },
  },
  "the database takes no writes for a minute": {
    plan: [post(), post({ name: "post 1", key: "k", at: 20 * SECOND, schedule: null })],
    script: (world) => {
      world.d1.readOnlyUntil = world.start + MINUTE;
    },
    expected: { statuses: ["published", "published"], shown: 2, accepted: 2 },
  },
  "the clock jumps an hour ahead while a listing lags, and back": {
    plan: [post()],
    script: (world) => {
      world.network.switches.listingLag = 6 * MINUTE;
      spoil(world, IS_COMMIT, CUT);
      at(world, 15 * SECOND, () => world.jumpClock(HOUR));
      at(world, 30 * MINUTE, () => world.jumpClock(-HOUR));
    },
    expected: { statuses: ["published"], shown: 1 },
  },
  "the clock is an hour ahead when the commit is armed": {
    plan: [post()],
    script: (world) => {
      spoil(world, IS_COMMIT, CUT);
      at(world, 5 * SECOND, () => world.jumpClock(HOUR));
      at(world, 15 * SECOND, () => world.jumpClock(-HOUR));
    },
    // The post stands where the clock says that it cannot be: nobody believes that it is ours, or that there is none.
    expected: { statuses: ["unconfirmed"], shown: 1 },
  },
  "a projection overtakes the one before": {
    plan: [post()],
    script: (world) => interfere(world, BEGINNING, 1, () => ({ delay: 20 * SECOND, ...evictFirst(world) })),
    expected: { statuses: ["published"], shown: 1 },
  },
  "the end of one task is told after the end of the post": {
    plan: [post({ accounts: ["page", "instagram"], hasPicture: true })],
    script: (world) => interfere(world, PROJECTION, 1, () => ({ delay: 60 * SECOND, ...evictFirst(world) })),
    expected: { statuses: ["published", "published"], shown: 2 },
  },
  "a projection is repeated, for its answer was lost": {
    plan: [post()],
    script: (world) => interfere(world, PROJECTION, 1, () => ({ lostAnswer: LOST })),
    expected: { statuses: ["published"], shown: 1 },
  },
  "the write of a post without a key is carried out, and its answer lost": {
    plan: [post({ key: null })],
    script: (world) => interfere(world, "d1 batch insert idempotency", 1, () => ({ lostAnswer: LOST })),
    expected: { statuses: ["published"], shown: 1, accepted: 1 },
  },
  "an edit is carried out, its answer lost, and asked for again with its key": {
    plan: [post({ schedule: 5 * MINUTE, asks: "with a key", commands: [{ is: "edit", at: MINUTE }] })],
    script: (world) => interfere(world, "post.edit", 1, () => ({ lostAnswer: new Error("Network connection lost.") })),
    expected: { statuses: ["published"], shown: 1 },
  },
  "two posts with the same words on one Page lose their answers": {
    plan: TWINS,
    script: (world) => spoil(world, IS_COMMIT, CUT, 2),
    expected: { statuses: ["published", "published"], shown: 2 },
  },
  "of two posts with the same words one is answered slowly, while the other's call never arrives": {
    plan: TWINS.map((twin, index) => ({ ...twin, schedule: (10 + 2 * index) * SECOND })),
    script: (world) => {
      const mishaps: Mishap[] = [{ is: "slow", acts: SECOND, after: 30 * SECOND }, { is: "cut before" }];
      world.network.script = (name) => (IS_COMMIT.test(name) ? (mishaps.shift() ?? null) : null);
    },
    expected: { statuses: ["published", "published"], shown: 2 },
  },
  "two pictures without a word find one media at the same moment": {
    plan: TWINS.map((twin, index) => ({
      ...twin,
      text: "",
      accounts: ["instagram"],
      hasPicture: true,
      schedule: (10 + 15 * index) * SECOND,
    })),
    script: (world) => {
      world.network.switches.listingLag = 20 * SECOND;
      spoil(world, IS_COMMIT, CUT, 2);
      // The second looks while only the first one's is listed, and claims it after the first has looked too.
      interfere(world, "d1 batch insert platform_posts", 1, () => ({ delay: 8 * SECOND }));
    },
    expected: { statuses: ["published", "published"], shown: 2 },
  },
  "a nudge and a cancel meet an object that has not loaded its post": {
    plan: [post({ schedule: 2 * SECOND, cancelAt: 0 })],
    script: (world) => {
      // Whoever loads first stores last, when the post is due.
      let loads = 0;
      world.crossings.script = (place) => {
        if (place !== "d1 select restores") return null;
        loads += 1;
        return loads === 1 ? { answerDelay: 3 * SECOND } : null;
      };
    },
    expected: { statuses: ["canceled"], shown: 0, canceled: true },
  },
  "a listing without captions shows another's media before that is claimed": {
    plan: TWINS.map((twin, index) => ({
      ...twin,
      text: `Words ${index}`,
      workspace: 1,
      accounts: ["instagram's own"],
      hasPicture: true,
      schedule: (10 + 4 * index) * SECOND,
    })),
    script: (world) => {
      world.network.switches.hideCaptions = true;
      world.network.switches.listingLag = 2 * SECOND;
      const mishaps = [null, CUT];
      world.network.script = (name) => (IS_COMMIT.test(name) ? (mishaps.shift() ?? null) : null);
      interfere(world, "post.attachPermalink", 1, () => ({ delay: 9 * SECOND }));
    },
    expected: { statuses: ["published", "published"], shown: 2 },
  },
  "a listing shows the words in another form": {
    plan: [post({ text: "Café  and more\u200b " })],
    script: (world) => {
      spoil(world, IS_COMMIT, CUT);
      world.network.rewrite = (text) => text.normalize("NFD").replaceAll("  ", " ");
    },
    expected: { statuses: ["published"], shown: 1, reached: ["report did: taken"] },
  },
  "a message takes longer than the watchdog waits": {
    plan: [post()],
    script: (world) => {
      world.queue.script = () => 100 * SECOND;
    },
    expected: { statuses: ["published"], shown: 1, reached: ["begin: skip final"] },
  },
  "a token ends between the commit and its settling": {
    plan: [post()],
    script: (world) => {
      let isCommitted = false;
      world.network.script = (name) => {
        if (isCommitted)
          return { is: "refused", error: { code: 190, error_subcode: 463, message: "Session has expired" } };
        isCommitted = IS_COMMIT.test(name);
        return isCommitted ? CUT : null;
      };
    },
    expected: { statuses: ["unconfirmed"], shown: 1 },
  },
  "a commit is carried out fifteen seconds after it was given up": {
    plan: [post()],
    script: (world) => spoil(world, IS_COMMIT, { is: "late", after: 60 * SECOND, late: 15 * SECOND }),
    expected: { statuses: ["published"], shown: 1, reached: ["report did: taken"] },
  },
  "a message comes once more when its post is over and forgotten": {
    plan: [post()],
    script: (world) => {
      let sent: unknown;
      world.queue.onSend = (body) => {
        sent = body;
      };
      at(world, 11 * MINUTE, () => void world.env.PUBLISH.send(sent as PublishMessage));
    },
    expected: { statuses: ["published"], shown: 1, reached: ["a post is forgotten", "begin: skip unknown_task"] },
  },
  "what was refused is retried when its object has forgotten what it sent": {
    plan: [post({ commands: [{ is: "retry", at: 6 * HOUR }] })],
    script: (world) => spoil(world, IS_COMMIT, REFUSED),
    expected: { statuses: ["failed"], shown: 0, reached: ["a post is forgotten", "retry: conflict lost"] },
  },
  "what failed before anything was sent is retried when its object has forgotten it": {
    plan: [post({ accounts: ["instagram"], hasPicture: true, commands: [{ is: "retry", at: 6 * HOUR }] })],
    script: (world) => spoil(world, /^POST \{id\}\/media$/, REFUSED),
    expected: { statuses: ["published"], shown: 1, reached: ["a post is forgotten", "retry: retried"] },
  },
  "the database is restored to what it was before a post was due, and the objects are gone": {
    plan: [post()],
    script: (world) => {
      let dump = world.sqlite.dump();
      at(world, 5 * SECOND, () => {
        dump = world.sqlite.dump();
      });
      at(world, MINUTE, () => {
        const { now } = world.scheduler;
        world.posts.wipe();
        world.sqlite.restore(dump);
        world.sqlite.insert("restores", { restored_at: now, backup_at: now - 55 * SECOND });
      });
    },
    expected: { statuses: ["unconfirmed"], shown: 1 },
    excused: /^I9: .* which is not its own|^I6: 1 events of a task that is unconfirmed in round 2/,
  },
  "every message of a webhook comes twice while its endpoint takes its time": {
    plan: [post()],
    script: (world) => {
      world.receivers.script = () => ({ is: "slow", after: 10 * SECOND });
      world.webhooks.onSend = (body) => world.webhooks.bury(body);
    },
    // Two events of one post to two endpoints.
    expected: { statuses: ["published"], requests: 4 },
  },
  "an endpoint answers for one event while another is on trial there": {
    plan: [post({ schedule: 23 * SECOND })],
    script: (world) => {
      isFailing(world);
      // The first fails, and is held; the second is taken, and that is said half a minute later.
      const mishaps: ReturnType<NonNullable<typeof world.receivers.script>>[] = [
        { is: "refuses", status: 500 },
        { is: "slow", after: 14 * SECOND },
        { is: "slow", after: 40 * SECOND },
      ];
      world.receivers.script = ({ isFlaky }) => {
        const mishap = isFlaky ? (mishaps.shift() ?? null) : null;
        return mishap;
      };
      let isLate = false;
      world.crossings.script = (place) => {
        if (place !== "d1 batch update deliveries" || isLate || mishaps.length !== 1) return null;
        if (world.scheduler.now < world.start + 37 * SECOND) return null;
        isLate = true;
        return { delay: 25 * SECOND };
      };
    },
    expected: { statuses: ["published"], reached: ["message: probe"] },
  },
};

/** The object goes on elsewhere while what it told the database is still on its way. */
function evictFirst(world: World): Interference {
  world.scheduler.after(2, "evicted, as scripted", () => {
    for (const name of world.posts.names()) world.posts.evict(name);
  });
  return {};
}
