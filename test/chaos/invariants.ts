import { isOpen } from "../../src/post/status.ts";
import type { Asked, FinalTask, History, PublicPost } from "./history.ts";
import { violationsOfTold } from "./told.ts";

/*
 * What must hold after a run, see `docs/architecture.md`. Pure: a history goes in, what is wrong with it comes out.
 */

export interface Violation {
  /** The invariant, or `totals` for counters that disagree with what they count. */
  of: "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "I9" | "totals";
  kind:
    | "duplicate"
    | "lost"
    | "early"
    | "open"
    | "ids"
    | "canceled"
    | "failed"
    | "unasked"
    | "answers"
    | "told"
    | "seen"
    | "totals";
  what: string;
}

export function violationsOf(history: History): Violation[] {
  return [
    ...history.asked.flatMap((asked) => violationsOfAnswers(history, asked)),
    ...groupsOf(history).flatMap(violationsOfGroup),
    ...strangers(history),
    ...violationsOfTold(history),
    ...violationsOfTotals(history),
    ...seenElsewhere(history),
  ];
}

/** One task with what is known of it: `final` is null when its post is not there. */
interface Task {
  asked: Asked;
  final: FinalTask | null;
  isCanceled: boolean;
}

/** The tasks and the public posts of one text on one account, which look alike to whoever reads there. */
interface Group {
  name: string;
  tasks: Task[];
  shown: PublicPost[];
}

function groupsOf(history: History): Group[] {
  const groups = new Map<string, Group>();
  for (const asked of history.asked) {
    const post = history.final.get(asked.key);
    if (post === undefined) continue;
    const isCanceled = history.answers.some(({ key, call, status }) => {
      return key === asked.key && call === "cancel" && status === 200;
    });
    for (const account of asked.accounts) {
      const name = nameOf(account.externalId, asked.text);
      const group = groups.get(name) ?? { name, tasks: [], shown: [] };
      const final = post?.tasks.find((task) => task.account_id === account.id) ?? null;
      group.tasks.push({ asked, final, isCanceled });
      groups.set(name, group);
    }
  }
  for (const shown of history.publicPosts) groups.get(nameOf(shown.externalId, shown.text))?.shown.push(shown);
  return [...groups.values()];
}

function nameOf(externalId: string, text: string): string {
  return `"${text}" on ${externalId}`;
}

function violationsOfGroup({ name, tasks, shown }: Group): Violation[] {
  const found: Violation[] = [];
  const count = (status: FinalTask["status"]) => tasks.filter((task) => task.final?.status === status).length;
  const published = count("published");
  const canceled = count("canceled");
  const failed = count("failed");
  for (const { final, isCanceled } of tasks) {
    if (final && isOpen(final.status)) found.push({ of: "I2", kind: "open", what: `${name} is still ${final.status}` });
    if (final && isCanceled && final.status !== "canceled") {
      found.push({ of: "I4", kind: "canceled", what: `${name} is ${final.status} although it was canceled` });
    }
  }
  const missing = published - shown.length;
  for (let i = 0; i < missing; i++) {
    found.push({ of: "I3", kind: "lost", what: `${name} is told to be published and is not public` });
  }
  // What may be public: a task that is published, one of which nobody could tell, and one that is still at it.
  const excess = shown.length - (tasks.length - canceled - failed);
  for (let i = 0; i < excess; i++) {
    if (i < canceled) found.push({ of: "I4", kind: "canceled", what: `${name} was canceled and is public` });
    else if (i < canceled + failed) found.push({ of: "I3", kind: "failed", what: `${name} failed and is public` });
    else found.push({ of: "I1", kind: "duplicate", what: `${name} is public ${shown.length} times` });
  }
  return [...found, ...violationsOfIds(name, tasks, shown), ...early(name, tasks, shown)];
}

/** The ids that are told are those of public posts, each of one task. */
function violationsOfIds(name: string, tasks: Task[], shown: PublicPost[]): Violation[] {
  const told = tasks.flatMap(({ final }) => (final?.status === "published" ? (final.platform_post_id ?? []) : []));
  const unknown = told.filter((id) => !shown.some((post) => post.id === id));
  const twice = told.filter((id, index) => told.indexOf(id) !== index);
  return [
    ...unknown.map((id) => ({ of: "I3", kind: "ids", what: `${name} is told to be ${id}, which is not it` }) as const),
    ...twice.map((id) => ({ of: "I3", kind: "ids", what: `${id} is told to be two posts: ${name}` }) as const),
  ];
}

/** Each post against the schedule of its task; one whose task is not known, against the earliest that it could be. */
function early(name: string, tasks: Task[], shown: PublicPost[]): Violation[] {
  const earliest = Math.min(...tasks.map(({ asked }) => asked.notBefore));
  return shown.flatMap((post) => {
    const own = tasks.find(({ final }) => final?.platform_post_id === post.id);
    const by = (own?.asked.notBefore ?? earliest) - post.at;
    return by > 0 ? [{ of: "I8", kind: "early", what: `${name} was public ${by} ms before its time` } as const] : [];
  });
}

/** Public posts that nobody asked for, and of requests that were never accepted. */
function strangers({ asked, final, publicPosts }: History): Violation[] {
  const known = new Set(
    asked
      .filter(({ key }) => final.has(key))
      .flatMap(({ accounts, text }) => accounts.map(({ externalId }) => nameOf(externalId, text))),
  );
  return publicPosts
    .filter(({ externalId, text }) => !known.has(nameOf(externalId, text)))
    .map(
      (post) => ({ of: "I5", kind: "unasked", what: `nobody had accepted "${post.text}", which is public` }) as const,
    );
}

function seenElsewhere({ elsewhere }: History): Violation[] {
  return [
    ...elsewhere.statuses
      .filter((status) => status !== 404)
      .map(
        (status) =>
          ({ of: "I9", kind: "seen", what: `a post was answered ${status} to a key of another world` }) as const,
      ),
    ...elsewhere.totals
      .filter((total) => total !== 0)
      .map(
        (total) => ({ of: "I9", kind: "seen", what: `${total} posts are listed for a key of another world` }) as const,
      ),
  ];
}

function violationsOfAnswers({ answers, final }: History, { key }: Asked): Violation[] {
  const own = answers.filter((answer) => answer.key === key && answer.call === "publish");
  const accepted = own.filter(({ status }) => status === 202);
  const found: Violation[] = [];
  const refused = own.find(({ status }) => status >= 400 && status < 500);
  if (refused) found.push({ of: "I7", kind: "answers", what: `${key} was refused: ${refused.text ?? refused.status}` });
  const bodies = new Set(accepted.flatMap(({ text }) => text ?? []));
  if (bodies.size > 1)
    found.push({ of: "I7", kind: "answers", what: `${key} was answered differently: ${[...bodies]}` });
  const cancels = answers.filter((answer) => answer.key === key && answer.call === "cancel" && answer.status < 500);
  const words = new Set(cancels.flatMap(({ text }) => text ?? []));
  if (words.size > 1) {
    found.push({ of: "I7", kind: "answers", what: `the cancel of ${key} was answered differently: ${[...words]}` });
  }
  const [, ...later] = accepted;
  for (const answer of later.filter(({ isReplay }) => !isReplay)) {
    found.push({
      of: "I7",
      kind: "duplicate",
      what: `${key} was accepted anew at ${new Date(answer.at).toISOString()}`,
    });
  }
  if (accepted.length > 0 && !final.get(key)) {
    found.push({ of: "I5", kind: "lost", what: `${key} was accepted and its post is not there` });
  }
  return found;
}

/** One key, one post: there are as many as keys were accepted, and of each status as reading shows. */
function violationsOfTotals({ final, counted }: History): Violation[] {
  const posts = [...final.values()].filter((post) => post !== null);
  const found: Violation[] = [];
  const expect = (name: string, told: number, real: number) => {
    if (told !== real)
      found.push({ of: "totals", kind: "totals", what: `${told} ${name} are told, there are ${real}` });
  };
  expect("posts", counted.total, posts.length);
  for (const [status, told] of Object.entries(counted.byStatus)) {
    expect(`posts that are ${status}`, told, posts.filter((post) => post.status === status).length);
  }
  return found;
}
