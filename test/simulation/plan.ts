import type { Millis } from "../../src/lib/clock.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { Mode, OverdueAction } from "../../src/lib/vocabulary.ts";
import { OVERDUE_ACTIONS } from "../../src/lib/vocabulary.ts";
import type { Random } from "./random.ts";

/*
 * What the client sets out to do. Times count from the beginning of the run.
 */

export const ACCOUNTS = {
  /** Two workspaces have connected the same Page. */
  page: { workspace: 0, platform: "facebook", login: "facebook", external: "the page" },
  "the same page": { workspace: 1, platform: "facebook", login: "facebook", external: "the page" },
  "another page": { workspace: 0, platform: "facebook", login: "facebook", external: "another page" },
  instagram: { workspace: 0, platform: "instagram", login: "facebook", external: "instagram" },
  "instagram's own": { workspace: 1, platform: "instagram", login: "instagram", external: "instagram's own" },
  /** Of test mode: what goes there is canceled before its time. */
  sandbox: { workspace: 0, platform: "facebook", login: "facebook", external: "sandbox", isTest: true },
} as const satisfies Record<string, Account>;

interface Account {
  workspace: 0 | 1;
  platform: "facebook" | "instagram";
  login: "facebook" | "instagram";
  external: string;
  isTest?: true;
}

export type AccountName = keyof typeof ACCOUNTS;

export interface PlannedPost {
  name: string;
  workspace: 0 | 1;
  mode: Mode;
  accounts: AccountName[];
  text: string;
  hasPicture: boolean;
  /** When it is sent. */
  at: Millis;
  /** When it is to be published; null: now. */
  schedule: Millis | null;
  /** Null: it is sent without, and only once. */
  key: string | null;
  /** How many send it at the same time. */
  senders: 1 | 2;
  /** What it is canceled and changed with; the same for all. */
  asks: Asks;
  cancelAt: Millis | null;
  readAt: Millis[];
  /** How long after its time it may still go out; null: however late. */
  publishWithin: Millis | null;
  commands: PlannedCommand[];
  /** Somebody else says a word about it before it goes out; null: it does not wait. */
  approval: { at: Millis; word: "approve" | "reject" } | null;
}

/**
 * How a client asks for a change: with a key of its own for each, from one sender or two at the same time, or without, and
 * then again if it hears nothing.
 */
export type Asks = "without a key" | "with a key" | "twice with a key";

/** What is asked of a post, of an account it is for, or of an endpoint that hears of it, beside canceling the post. */
export type PlannedCommand = { at: Millis } & (
  | { is: "edit" | "retry" | "resolve" }
  | { is: "cancel task"; account: AccountName }
  /** A person looks at what was sent to an endpoint, and has some of it sent again. */
  | { is: "send again"; isFlaky: boolean }
  /** An endpoint of the workspace is told nothing for a while, and catches up afterwards. */
  | { is: "silence"; isFlaky: boolean; until: Millis }
  | { is: "pause"; account: AccountName; until: Millis; overdue: OverdueAction }
);

/** What a post says after an edit. */
export function editedText(text: string): string {
  return `${text}, edited`;
}

const MOST_POSTS = 4;
const SEND_WITHIN: Millis = 2 * MINUTE;
const SCHEDULE_WITHIN: Millis = 8 * MINUTE;

export function planOf(random: Random): PlannedPost[] {
  const count = random.pick("posts", [1, 1, 2, 2, 2, 3, MOST_POSTS]);
  const isEqual = random.chance("equal texts", 0.4);
  const posts = Array.from({ length: count }, (_, index) => planPost(random, index, isEqual));
  const [first, ...others] = posts;
  const planned = first && random.chance("twins", 0.4) ? [...twinsOf(random, first), ...others] : posts;
  return random.chance("test post", 0.2) ? [...planned, planTestPost(random)] : planned;
}

/** A post of test mode that is canceled: nobody of another mode ever sees it. */
function planTestPost(random: Random): PlannedPost {
  const at = random.whole("test post at", 0, SEND_WITHIN);
  return {
    name: "test post",
    workspace: 0,
    mode: "test",
    accounts: ["sandbox"],
    text: "Words of a test",
    hasPicture: false,
    at,
    schedule: 30 * DAY,
    key: "key of a test post",
    senders: 1,
    asks: "with a key",
    cancelAt: at + random.whole("test post canceled", SECOND, 5 * MINUTE),
    readAt: [at + random.whole("test post read", SECOND, 5 * MINUTE)],
    publishWithin: null,
    commands: [],
    approval: null,
  };
}

/** The same twice, about the same time: two posts that only their ids tell apart. Often texts, which leave no handle. */
function twinsOf(random: Random, post: PlannedPost): PlannedPost[] {
  const isText = random.chance("twins of text", 0.5);
  const first: PlannedPost = isText ? { ...post, workspace: 0, accounts: ["page"], hasPicture: false } : post;
  const apart = random.chance("at the same time", 0.5) ? 0 : random.whole("twins apart", 0, 20 * SECOND);
  const second: PlannedPost = {
    ...first,
    name: `twin of ${post.name}`,
    key: `key of the twin of ${post.name}`,
    at: post.at + apart,
    schedule: post.schedule === null ? null : post.schedule + apart,
    cancelAt: null,
    publishWithin: null,
    commands: [],
    approval: null,
  };
  const isOfOther = isText && random.chance("twins of two workspaces", 0.3);
  return [first, isOfOther ? { ...second, workspace: 1, accounts: ["the same page"] } : second];
}

function planPost(random: Random, index: number, mayBeEqual: boolean): PlannedPost {
  const workspace = random.chance("workspace", 0.7) ? 0 : 1;
  const own = (Object.keys(ACCOUNTS) as AccountName[]).filter(
    (name) => ACCOUNTS[name].workspace === workspace && !("isTest" in ACCOUNTS[name]),
  );
  const accounts = new Set([random.pick("account", own)]);
  if (random.chance("second account", 0.2)) accounts.add(random.pick("account", own));
  const needsPicture = [...accounts].some((name) => ACCOUNTS[name].platform === "instagram");
  const at = random.whole("sent at", 0, SEND_WITHIN);
  const schedule = random.chance("now", 0.5) ? null : at + random.whole("schedule", 2 * SECOND, SCHEDULE_WITHIN);
  const due = schedule ?? at;
  const isCanceled = random.chance("canceled", 0.3);
  return {
    name: `post ${index}`,
    workspace,
    mode: "live",
    accounts: [...accounts],
    text: mayBeEqual && random.chance("equal text", 0.7) ? "The same words" : `Words of post ${index}`,
    hasPicture: needsPicture || random.chance("picture", 0.15),
    at,
    schedule,
    key: random.chance("key", 0.9) ? `key of post ${index}` : null,
    senders: random.chance("two senders", 0.2) ? 2 : 1,
    asks: random.pick("asks", ["without a key", "with a key", "with a key", "twice with a key"]),
    cancelAt: isCanceled ? Math.max(at, due + cancelAfter(random)) : null,
    readAt: random.chance("read", 0.4) ? [due + random.whole("read at", 0, 3 * MINUTE)] : [],
    publishWithin: random.chance("deadline", 0.15) ? random.whole("publish within", SECOND, 6 * MINUTE) : null,
    commands: planCommands(random, [...accounts], at, due),
    approval: random.chance("approval", 0.12)
      ? {
          at: Math.max(at, due + random.whole("word at", -2 * MINUTE, 3 * MINUTE)),
          word: random.chance("rejected", 0.25) ? "reject" : "approve",
        }
      : null,
  };
}

function planCommands(random: Random, accounts: AccountName[], at: Millis, due: Millis): PlannedCommand[] {
  const near = (what: string) => Math.max(at, due + random.whole(what, -5 * SECOND, 20 * SECOND));
  const account = random.pick("account of a command", accounts);
  const commands: PlannedCommand[] = [];
  if (random.chance("edit", 0.2)) commands.push({ is: "edit", at: near("edit at") });
  if (random.chance("cancel task", 0.1)) commands.push({ is: "cancel task", at: near("cancel task at"), account });
  if (random.chance("pause", 0.12)) {
    const from = Math.max(0, due + random.whole("pause at", -2 * MINUTE, 10 * SECOND));
    const until = from + random.whole("pause for", 10 * SECOND, 9 * MINUTE);
    commands.push({ is: "pause", at: from, account, until, overdue: random.pick("overdue", OVERDUE_ACTIONS) });
  }
  const isFlaky = random.chance("flaky endpoint", 0.6);
  if (random.chance("send again", 0.1)) {
    commands.push({ is: "send again", at: due + random.whole("send again at", SECOND, 10 * MINUTE), isFlaky });
  }
  if (random.chance("silence", 0.08)) {
    const from = Math.max(0, due + random.whole("silence at", -MINUTE, 2 * MINUTE));
    commands.push({ is: "silence", at: from, until: from + random.whole("silence for", SECOND, 9 * MINUTE), isFlaky });
  }
  // A person looks after the post: soon, and, where nobody could tell, once settling has given up.
  if (random.chance("retry", 0.5))
    commands.push({ is: "retry", at: due + random.whole("retry at", MINUTE, 30 * MINUTE) });
  if (random.chance("resolve", 0.25)) {
    commands.push({ is: "resolve", at: due + 26 * HOUR }, { is: "retry", at: due + 27 * HOUR });
  }
  return commands;
}

/** Mostly about when it is due: that is where a cancel and a commit meet. Else while a lost commit is settled. */
function cancelAfter(random: Random): Millis {
  return random.chance("canceled late", 0.25)
    ? random.whole("cancel late", MINUTE, 14 * MINUTE)
    : random.whole("cancel", -3 * SECOND, 4 * SECOND);
}

/** When the last of what is planned is due. */
export function endOf(plan: readonly PlannedPost[]): Millis {
  const soon = (commands: PlannedCommand[]) => commands.filter(({ at }) => at < HOUR).map(({ at }) => at);
  return Math.max(
    0,
    ...plan.flatMap((post) => [
      post.at,
      post.mode === "test" ? 0 : (post.schedule ?? 0),
      post.cancelAt ?? 0,
      ...post.readAt,
      ...soon(post.commands),
    ]),
  );
}
