import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
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
} as const;
export type AccountName = keyof typeof ACCOUNTS;

export interface PlannedPost {
  name: string;
  workspace: 0 | 1;
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
  cancelAt: Millis | null;
  readAt: Millis[];
}

const MOST_POSTS = 4;
const SEND_WITHIN: Millis = 2 * MINUTE;
const SCHEDULE_WITHIN: Millis = 8 * MINUTE;

export function planOf(random: Random): PlannedPost[] {
  const count = random.pick("posts", [1, 1, 2, 2, 2, 3, MOST_POSTS]);
  const isEqual = random.chance("equal texts", 0.4);
  const posts = Array.from({ length: count }, (_, index) => planPost(random, index, isEqual));
  const [first, ...others] = posts;
  return first && random.chance("twins", 0.4) ? [...twinsOf(random, first), ...others] : posts;
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
  };
  const isOfOther = isText && random.chance("twins of two workspaces", 0.3);
  return [first, isOfOther ? { ...second, workspace: 1, accounts: ["the same page"] } : second];
}

function planPost(random: Random, index: number, mayBeEqual: boolean): PlannedPost {
  const workspace = random.chance("workspace", 0.7) ? 0 : 1;
  const own = (Object.keys(ACCOUNTS) as AccountName[]).filter((name) => ACCOUNTS[name].workspace === workspace);
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
    accounts: [...accounts],
    text: mayBeEqual && random.chance("equal text", 0.7) ? "The same words" : `Words of post ${index}`,
    hasPicture: needsPicture || random.chance("picture", 0.15),
    at,
    schedule,
    key: random.chance("key", 0.9) ? `key of post ${index}` : null,
    senders: random.chance("two senders", 0.2) ? 2 : 1,
    cancelAt: isCanceled ? Math.max(at, due + cancelAfter(random)) : null,
    readAt: random.chance("read", 0.4) ? [due + random.whole("read at", 0, 3 * MINUTE)] : [],
  };
}

/** Mostly about when it is due: that is where a cancel and a commit meet. Else while a lost commit is settled. */
function cancelAfter(random: Random): Millis {
  return random.chance("canceled late", 0.25)
    ? random.whole("cancel late", MINUTE, 14 * MINUTE)
    : random.whole("cancel", -3 * SECOND, 4 * SECOND);
}

/** When the last of what is planned is due. */
export function endOf(plan: readonly PlannedPost[]): Millis {
  return Math.max(0, ...plan.flatMap((post) => [post.at, post.schedule ?? 0, post.cancelAt ?? 0, ...post.readAt]));
}
