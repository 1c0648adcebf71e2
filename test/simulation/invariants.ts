import type { ProjectedTask } from "../../src/db/posts.ts";
import type { Millis } from "../../src/lib/clock.ts";
import { SECOND } from "../../src/lib/clock.ts";
import { normaliseText } from "../../src/platforms/similarity.ts";
import type { PostDocument } from "../../src/post/document.ts";
import type { AccountName, PlannedPost } from "./plan.ts";
import { editedText } from "./plan.ts";
import { webhooksArrive } from "./webhook-invariants.ts";
import type { World } from "./world.ts";
import { SECRETS } from "./world.ts";

/*
 * What must hold in the end, whatever went wrong: the platform's public posts against what clients were told and what
 * the database says. The names are those of `docs/architecture.md`.
 */

interface Stored {
  id: string;
  workspaceId: string;
  mode: string;
  version: number;
  content: string;
  status: string;
  scheduledAt: Millis;
  publishBefore: Millis | null;
  wakeBy: Millis | null;
  tasks: ProjectedTask[];
}

export interface StoredEvent {
  id: string;
  workspaceId: string;
  mode: string;
  type: string;
  postId: string;
  body: string;
}

/** Everything that does not hold, each told as `I3: what`. */
export function violationsOf(world: World): string[] {
  const posts = storedPosts(world);
  const events = storedEvents(world);
  return [
    ...world.violations,
    ...publicOnce(world, posts),
    ...idsAgree(world, posts),
    ...acceptedExist(world, posts),
    ...canceledStay(world, posts),
    ...unapprovedStay(world, posts),
    ...pausedStay(world, posts),
    ...neverLate(world, posts),
    ...toldOnce(posts, events),
    ...webhooksArrive(world, events),
    ...oneKeyOnePost(world, posts),
    ...oneKeyOneAnswer(world),
    ...oneKeyOneChange(world),
    ...oneKeyOneEdit(world, posts),
    ...neverEarly(world, posts),
    ...neverAcross(world),
    ...nothingSecret(world, events),
    ...nothingLeft(world, posts, events),
  ];
}

function storedPosts(world: World): Stored[] {
  return world.sqlite.all("SELECT * FROM posts").map((row) => ({
    id: String(row.id),
    workspaceId: String(row.workspace_id),
    mode: String(row.mode),
    version: Number(row.version),
    content: String(row.content),
    status: String(row.status),
    scheduledAt: Number(row.scheduled_at),
    publishBefore: row.publish_before === null ? null : Number(row.publish_before),
    wakeBy: row.wake_by === null ? null : Number(row.wake_by),
    tasks: JSON.parse(String(row.state)).tasks,
  }));
}

function storedEvents(world: World): StoredEvent[] {
  return world.sqlite.all("SELECT * FROM events").map((row) => ({
    id: String(row.id),
    workspaceId: String(row.workspace_id),
    mode: String(row.mode),
    type: String(row.type),
    postId: String(row.post_id),
    body: String(row.body),
  }));
}

function externalIdOf(world: World, accountId: string): string {
  const name = Object.entries(world.fixtures.accountIds).find(([, id]) => id === accountId)?.[0];
  return world.fixtures.externalIds[name as keyof typeof world.fixtures.externalIds];
}

/** Tasks and public posts that only their account and their words tell apart. */
function byPlaceAndWords(world: World, posts: Stored[]) {
  const groups = new Map<string, { tasks: { post: Stored; task: ProjectedTask }[]; shown: number }>();
  const group = (externalId: string, text: string) => {
    const key = `${externalId} ${normaliseText(text)}`;
    const found = groups.get(key) ?? { tasks: [], shown: 0 };
    groups.set(key, found);
    return found;
  };
  for (const post of posts) {
    for (const task of post.tasks) group(externalIdOf(world, task.accountId), post.content).tasks.push({ post, task });
  }
  for (const { post } of world.network.posts) group(post.userId, post.text).shown += 1;
  return groups;
}

function publicOnce(world: World, posts: Stored[]): string[] {
  return [...byPlaceAndWords(world, posts)].flatMap(([place, { tasks, shown }]) => {
    const count = (status: string) => tasks.filter(({ task }) => task.status === status).length;
    const [published, unconfirmed] = [count("published"), count("unconfirmed")];
    const said = `${shown} public, ${tasks.map(({ task }) => task.status).join(", ")} (${place})`;
    if (shown > tasks.length) return `I1: more public posts than tasks: ${said}`;
    if (shown < published) return `I3: published and not public: ${said}`;
    if (shown > published + unconfirmed) return `I3: public and not published: ${said}`;
    return [];
  });
}

function idsAgree(world: World, posts: Stored[]): string[] {
  const claimed = new Set<string>();
  const claims = world.sqlite.all("SELECT platform_post_id, post_id FROM platform_posts WHERE epoch IS NULL");
  const holders = new Map(claims.map((row) => [row.platform_post_id, row.post_id]));
  return posts.flatMap((post) =>
    post.tasks.flatMap((task) => {
      const id = task.platformPostId;
      if (id === null) return [];
      // Or it may be taken for another's later.
      if (task.status === "published" && holders.get(id) !== post.id) return `I3: ${id} is not claimed by its task`;
      const shown = world.network.posts.find((logged) => logged.post.id === id);
      if (claimed.has(id)) return `I3: two tasks claim ${id}`;
      claimed.add(id);
      if (shown?.post.userId !== externalIdOf(world, task.accountId))
        return `I3: ${task.accountId} does not show ${id}`;
      if (normaliseText(shown.post.text) !== normaliseText(post.content)) return `I3: ${id} has other words`;
      return [];
    }),
  );
}

function acceptedExist(world: World, posts: Stored[]): string[] {
  const ids = new Set(posts.map(({ id }) => id));
  return world.client.logs.flatMap(({ plan, accepted, reads, lists }) => [
    ...accepted.filter((text) => !ids.has(JSON.parse(text).id)).map((text) => `I5: accepted and not there: ${text}`),
    ...reads
      .filter(({ workspace, mode, status }) => isOwn(plan, { workspace, mode }) && status !== 200)
      .map(({ status }) => `I5: accepted, and reading it was answered ${status}`),
    ...lists.filter((list) => isOwn(plan, list) && !list.isListed).map(() => "I5: accepted, and not in the list"),
  ]);
}

function isOwn(plan: PlannedPost, reader: { workspace: 0 | 1; mode: string }): boolean {
  return plan.workspace === reader.workspace && plan.mode === reader.mode;
}

function canceledStay(world: World, posts: Stored[]): string[] {
  return world.client.logs.flatMap(({ isCanceled, canceledOn, id }) => {
    const statusOn = (name: AccountName) =>
      posts.find((each) => each.id === id)?.tasks.find(({ accountId }) => accountId === world.fixtures.accountIds[name])
        ?.status;
    const revived = canceledOn.filter((name) => statusOn(name) !== "canceled");
    if (revived.length > 0) return revived.map((name) => `I4: canceled on ${name}, and now ${statusOn(name)}`);
    if (!isCanceled) return [];
    const post = posts.find((each) => each.id === id);
    const isKept = post?.tasks.every(({ status }) => status === "canceled" || status === "failed");
    return isKept ? [] : `I4: canceled, and now ${post?.tasks.map(({ status }) => status)}`;
  });
}

/** What waits for somebody's word is not public before anybody was asked for it. */
function unapprovedStay(world: World, posts: Stored[]): string[] {
  return world.client.logs.flatMap(({ plan, id, approvedAt }) => {
    if (!plan.approval) return [];
    const ids = posts.find((post) => post.id === id)?.tasks.flatMap(({ platformPostId }) => platformPostId ?? []) ?? [];
    return world.network.posts
      .filter(({ post, at }) => ids.includes(post.id) && at < (approvedAt ?? Number.POSITIVE_INFINITY))
      .map(({ post }) => `approval: ${post.id} is public, and nobody had approved of it`);
  });
}

/** How long what was on its way may still take: a permit, the call, and a platform that acts late. */
const ON_ITS_WAY: Millis = 10 * SECOND + 60 * SECOND + 15 * SECOND;

/** What a client was promised to be paused shows nothing new, but for what was on its way. */
function pausedStay(world: World, posts: Stored[]): string[] {
  const pauses = world.client.logs.flatMap((log) => log.pauses);
  return pauses.flatMap(({ account, askedAt, from }) => {
    // Whoever resumes an account first resumes it for all, also for who was told of its pause only afterwards.
    const ends = pauses.filter((each) => each.account === account && (each.liftedAt ?? askedAt) >= askedAt);
    const until = Math.min(...ends.map((each) => each.until ?? Number.POSITIVE_INFINITY));
    return posts
      .flatMap(({ tasks }) => tasks)
      .filter(({ accountId }) => accountId === world.fixtures.accountIds[account])
      .flatMap(({ platformPostId }) => world.network.posts.filter(({ post }) => post.id === platformPostId))
      .filter(({ at }) => at > from + ON_ITS_WAY && at < until)
      .map(({ at }) => `paused: public ${at - from} ms after ${account} was paused`);
  });
}

/** Nothing goes out after its `publish_before`, by whichever clock is slowest. */
function neverLate(world: World, posts: Stored[]): string[] {
  if (world.hasClockFaults) return [];
  return posts.flatMap((post) => {
    const { publishBefore } = post;
    if (publishBefore === null) return [];
    return post.tasks.flatMap(({ platformPostId }) => {
      const shown = world.network.posts.find((logged) => logged.post.id === platformPostId);
      const isLate = shown && shown.at > publishBefore + ON_ITS_WAY;
      return isLate ? [`public ${shown.at - publishBefore} ms after its publish_before`] : [];
    });
  });
}

function toldOnce(posts: Stored[], events: StoredEvent[]): string[] {
  return posts.flatMap((post) => {
    const ours = events
      .filter(({ postId }) => postId === post.id)
      .map((event) => ({ ...event, data: JSON.parse(event.body).data }));
    const ends = post.tasks.flatMap((task) => {
      const told = ours.filter(
        ({ type, data }) => type.startsWith("publish.") && data.task.account_id === task.accountId,
      );
      const round = task.round ?? 1;
      const expected = task.status === "canceled" ? round - 1 : round;
      const of = `a task that is ${task.status} in round ${round}`;
      if (told.length !== expected) return `I6: ${told.length} events of ${of}`;
      const index = post.tasks.indexOf(task);
      const end = told.find(({ id }) => id.includes(`_${index}_${round}_publish_`));
      if (!end) return task.status === "canceled" ? [] : `I6: no event of ${of}`;
      if (end.data.task.status !== task.status)
        return `I6: told ${end.data.task.status} of a task that is ${task.status}`;
      const id = end.data.task.platform_post_id;
      return id !== null && id !== task.platformPostId ? `I6: told the id ${id} and not ${task.platformPostId}` : [];
    });
    const count = (type: string) => ours.filter((event) => event.type === type).length;
    const rounds = Math.max(...post.tasks.map((task) => task.round ?? 1));
    const [completed, canceled] = [count("post.completed"), count("post.canceled")];
    // Tasks that are canceled one by one end a post as others do; a round may end it again.
    const isTold = completed + canceled >= 1 && canceled <= 1 && completed <= rounds + post.tasks.length - 1;
    const whole = `${completed} events post.completed and ${canceled} post.canceled of a post that is ${post.status}`;
    const isCanceledWhole = post.tasks.every(({ status }) => status === "canceled");
    return [...ends, ...(isTold && (!isCanceledWhole || canceled === 1) ? [] : [`I6: ${whole}`])];
  });
}

function oneKeyOnePost(world: World, posts: Stored[]): string[] {
  const differing = world.client.logs
    .filter(({ accepted }) => new Set(accepted).size > 1)
    .map(({ accepted }) => `I7: one key, different answers: ${accepted.join(" and ")}`);
  const planned = Map.groupBy(world.plan, (plan) => plan.text);
  const doubled = [...planned].flatMap(([text, plans]: [string, PlannedPost[]]) => {
    const stored = posts.filter(({ content }) => content === text || content === editedText(text)).length;
    return stored > plans.length ? [`I7: ${stored} posts of ${plans.length} requests`] : [];
  });
  return [...differing, ...doubled];
}

/** What is decided is decided: done, not there, or in conflict, but for what is about the moment. */
function isDecided({ status, text }: { status: number; text: string }): boolean {
  return status < 300 || status === 404 || (status === 409 && !text.includes('"retryable":true'));
}

function oneKeyOneAnswer(world: World): string[] {
  return [...world.client.keys.values()].flatMap(({ key, answers }) => {
    const decided = new Set(answers.filter(isDecided).map(({ text }) => text));
    if (decided.size > 1) return [`I7: one key, different answers (${key}): ${[...decided].join(" and ")}`];
    const isAlien = answers.some(({ text }) => text.includes("idempotency_conflict"));
    return isAlien ? [`I7: the same request was taken for another one (${key})`] : [];
  });
}

/** What was asked for with a key was done once, as the audit log has it, and stands there when it was said to be done. */
function oneKeyOneChange(world: World): string[] {
  return world.client.logs.flatMap(({ plan, id }) => {
    if (plan.asks === "without a key" || id === null) return [];
    return (["post.edited", "post.retried", "post.canceled", "task.canceled", "task.resolved"] as const).flatMap(
      (action) => {
        const asked = [...world.client.keys.values()].filter(
          ({ postId, request }) => postId === id && actionOf(request) === action,
        );
        const lines = world.sqlite.all("SELECT 1 FROM audit_log WHERE action = ? AND target = ?", action, id).length;
        // What was never answered may have been done.
        const most =
          action === "task.resolved" ? lines : plan.commands.filter(({ is }) => ACTIONS[is] === action).length;
        const isCancel = action === "post.canceled";
        if (lines > (isCancel ? 1 : most)) return [`I7: ${action} ${lines} times, asked for ${most} times`];
        const done = asked.filter(({ answers }) => answers.some(({ status }) => status === 200)).length;
        const isAlwaysNews = action === "post.edited" || action === "post.retried";
        return isAlwaysNews && lines < done ? [`audit: ${action} ${done} times, and ${lines} lines`] : [];
      },
    );
  });
}

/** A post has as many versions as edits were asked for, and no more rounds than that it was tried again or resolved. */
function oneKeyOneEdit(world: World, posts: Stored[]): string[] {
  return world.client.logs.flatMap(({ plan, id }) => {
    const post = posts.find((each) => each.id === id);
    if (plan.asks === "without a key" || !post) return [];
    const count = (...kinds: string[]) => plan.commands.filter(({ is }) => kinds.includes(is)).length;
    const rounds = Math.max(...post.tasks.map(({ round }) => round ?? 1));
    const [edits, more] = [post.version - 1, rounds - 1];
    return [
      ...(edits > count("edit") ? [`I7: edited ${edits} times, asked for ${count("edit")} times`] : []),
      ...(more > count("retry", "resolve") ? [`I7: ${more} more rounds than were asked for`] : []),
    ];
  });
}

const ACTIONS: Readonly<Record<string, string>> = {
  edit: "post.edited",
  retry: "post.retried",
  "cancel task": "task.canceled",
  resolve: "task.resolved",
};

function actionOf({ method, path }: { method: string; path: string }): string {
  if (/\/(approve|reject)$/.test(path)) return "decided";
  if (method === "PATCH") return "post.edited";
  if (path.endsWith("/retry")) return "post.retried";
  if (path.endsWith("/resolve")) return "task.resolved";
  return path.includes("/tasks/") ? "task.canceled" : "post.canceled";
}

function neverEarly(world: World, posts: Stored[]): string[] {
  return world.network.posts.flatMap(({ post, highestClock }) => {
    const due = posts
      .filter(
        ({ content, tasks }) =>
          content === post.text && tasks.some((task) => externalIdOf(world, task.accountId) === post.userId),
      )
      .map(({ scheduledAt }) => scheduledAt);
    const soonest = Math.min(...due);
    return highestClock < soonest ? [`I8: public ${soonest - highestClock} ms before its time`] : [];
  });
}

function neverAcross(world: World): string[] {
  return world.client.logs.flatMap(({ plan, reads, lists }) => [
    ...reads
      .filter((read) => !isOwn(plan, read) && read.status !== 404)
      .map(({ status }) => `I9: another workspace or mode was answered ${status}`),
    ...lists
      .filter((list) => !isOwn(plan, list) && list.isListed)
      .map(() => "I9: in the list of another workspace or mode"),
  ]);
}

function nothingSecret(world: World, events: StoredEvent[]): string[] {
  const secrets = [
    ...Object.values(SECRETS),
    ...world.network.tokens,
    ...world.fixtures.workspaces.flatMap(({ keys }) => Object.values(keys)),
    ...[...world.receivers.endpoints.values()].flatMap(({ secrets }) => secrets).map(withoutPrefix),
  ];
  const documents = world.posts.names().map((name) => JSON.stringify(world.posts.valueOf(name, "post")));
  const states = world.sqlite.all("SELECT state FROM posts").map(({ state }) => String(state));
  const logs = world.sqlite.all("SELECT log FROM deliveries").map(({ log }) => String(log));
  const said = [...world.logLines, ...events.map(({ body }) => body), ...documents, ...states, ...logs].join("\n");
  return secrets.filter((secret) => said.includes(secret)).map((secret) => `I10: ${secret.slice(0, 6)}… was told`);
}

/** The part of a webhook's secret that is one. */
function withoutPrefix(secret: string): string {
  return secret.replace(/^whsec_/, "");
}

function nothingLeft(world: World, posts: Stored[], events: StoredEvent[]): string[] {
  const told = new Set(events.map(({ id }) => id));
  const waiting = posts.filter(({ wakeBy }) => wakeBy !== null).map(({ id }) => `left over: ${id} waits to be woken`);
  const untold = world.posts.names().flatMap((name) => {
    const document = world.posts.valueOf(name, "post") as PostDocument | undefined;
    const missing = document?.events.filter(({ id }) => !told.has(id)) ?? [];
    return missing.map(({ id }) => `left over: nobody was told of ${id}`);
  });
  return [...waiting, ...untold, ...countersAgree(world, posts)];
}

function countersAgree(world: World, posts: Stored[]): string[] {
  return world.sqlite.all("SELECT * FROM post_counts").flatMap(({ workspace_id, mode, ...counts }) =>
    Object.entries(counts).flatMap(([status, count]) => {
      const stored = posts.filter(
        (post) => post.workspaceId === workspace_id && post.mode === mode && post.status === status,
      ).length;
      return stored === Number(count) ? [] : `counters: ${count} posts ${status}, and there are ${stored}`;
    }),
  );
}
