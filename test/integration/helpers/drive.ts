import {
  createExecutionContext,
  createMessageBatch,
  evictDurableObject,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { database } from "../../../src/db/database.ts";
import { findPostToLoad } from "../../../src/db/posts.ts";
import worker from "../../../src/index.ts";
import type { PostRef } from "../../../src/lib/vocabulary.ts";
import type { SandboxPost } from "../../../src/platforms/sandbox/store.ts";
import type { PostDocument, TaskDocument } from "../../../src/post/document.ts";
import { publicationsOf } from "../../../src/post/document.ts";
import { loadDocument } from "../../../src/post/load-document.ts";
import { wake as nudge } from "../../../src/post/machine.ts";
import type { PublishMessage } from "../../../src/post/messages.ts";
import { taskMessage, wakeMessage } from "../../../src/post/messages.ts";
import type { PostCalls, PostObjects } from "../../../src/post/post-calls.ts";
import { objectName } from "../../../src/post/post-calls.ts";
import { isOpen } from "../../../src/post/status.ts";
import { SWEEPER_NAME } from "../../../src/post/sweeper.ts";
import type { Answer, TestWorkspace } from "./api.ts";
import { call } from "./api.ts";

/*
 * Time and deliveries in the tests' hands. The queue delivers nothing and alarms ring when they are told to, so that a
 * test decides what arrives, in which order, how often, and what time it is then.
 */

/** Stops the clock, so that only `advance` moves it. Stopped already, it stays where it is. */
export function holdTime(): void {
  if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ["Date"] });
}

/** Moves the clock. It never goes back: alarms of the object storage follow the real one. */
export function advance(span: number): void {
  vi.setSystemTime(Date.now() + span);
}

export function refOf(workspace: TestWorkspace, accepted: Answer): PostRef {
  return { workspaceId: workspace.id, mode: "test", postId: accepted.body.id };
}

export function postObject(ref: PostRef) {
  return env.POSTS.getByName(objectName(ref));
}

/** The calls that consumers and the API make. */
export function calls(ref: PostRef): PostCalls {
  return postObject(ref) as unknown as PostCalls;
}

/** The calls of a post's object, to replace some of them. */
export function callsOf(posts: PostObjects, ref: PostRef): PostCalls {
  return {
    wake: () => posts(ref).wake(),
    begin: (message) => posts(ref).begin(message),
    beginTogether: (messages) => posts(ref).beginTogether(messages),
    arm: (holder, commit, seen) => posts(ref).arm(holder, commit, seen),
    report: (holder, made, seen) => posts(ref).report(holder, made, seen),
    heedPauses: (holder, pauses) => posts(ref).heedPauses(holder, pauses),
    attachPermalink: (id, permalink) => posts(ref).attachPermalink(id, permalink),
    resume: (id) => posts(ref).resume(id),
    forget: () => posts(ref).forget(),
    cancel: (command) => posts(ref).cancel(command),
    cancelTask: (id, command) => posts(ref).cancelTask(id, command),
    edit: (made, command) => posts(ref).edit(made, command),
    retry: (command) => posts(ref).retry(command),
    resolve: (id, resolution, command) => posts(ref).resolve(id, resolution, command),
    decide: (decision, command) => posts(ref).decide(decision, command),
    recall: (id) => posts(ref).recall(id),
  };
}

/** What the post's object knows, once it has nothing more to tell the database. */
export async function documentOf(ref: PostRef): Promise<PostDocument> {
  for (let tries = 0; tries < 500; tries++) {
    const document = (await storedDocument(ref)) ?? (await nudgedDocument(ref));
    const isAtRest = document && document.projectedSeq === document.seq && document.events.length === 0;
    if (document && (isAtRest || (await isTold(ref, document)))) return document;
    await scheduler.wait(2);
  }
  throw new Error("the object did not come to rest");
}

/** What an object has done that was nudged and has stored no more than its alarm. */
async function nudgedDocument(ref: PostRef): Promise<PostDocument | undefined> {
  const alarmAt = await runInDurableObject(postObject(ref), (_object, { storage }) => storage.getAlarm());
  const row = alarmAt === null ? null : await findPostToLoad(database(env.DB), ref);
  if (!row) return undefined;
  const { document } = loadDocument(row, Date.now());
  return { ...nudge(document, Date.now() + document.clockOffset).document, alarmAt };
}

/** What the database was told is stored only with what happens next, while a consumer has a task. */
async function isTold({ postId }: PostRef, { seq }: PostDocument): Promise<boolean> {
  return (await env.DB.prepare("SELECT seq FROM posts WHERE id = ? AND seq = ?").bind(postId, seq).first()) !== null;
}

export async function storedDocument(ref: PostRef): Promise<PostDocument | undefined> {
  return runInDurableObject(postObject(ref), (_object, state) => state.storage.kv.get<PostDocument>("post"));
}

/** Puts another document in the place of what the object has stored, which has nothing else in memory then. */
export async function storeDocument(ref: PostRef, document: object): Promise<void> {
  await runInDurableObject(postObject(ref), (_object, { storage }) => storage.kv.put("post", document));
  await evictDurableObject(postObject(ref));
}

export async function taskOf(ref: PostRef, accountId: string): Promise<TaskDocument> {
  const task = (await documentOf(ref)).tasks.find((each) => each.accountId === accountId);
  if (!task) throw new Error(`the post has no task for ${accountId}`);
  return task;
}

/** Delivers messages to the consumer, as the queue would. */
export async function deliver(...bodies: PublishMessage[]): Promise<void> {
  const messages = bodies.map((body, index) => ({ id: `message-${index}`, timestamp: Date.now(), attempts: 1, body }));
  const batch = createMessageBatch("apionics-publish", messages);
  const ctx = createExecutionContext();
  await worker.queue(batch, env, ctx);
  await getQueueResult(batch, ctx);
}

/** Delivers the message that the task waits for. */
export async function deliverTask(ref: PostRef, accountId: string): Promise<void> {
  await deliver(await messageFor(ref, accountId));
}

export async function messageFor(ref: PostRef, accountId: string): Promise<PublishMessage> {
  const { epoch } = await taskOf(ref, accountId);
  return taskMessage(ref, { accountId, part: "post", epoch });
}

/** Wakes the post's object, as the API's nudge and the sweeper do. */
export async function wake(ref: PostRef): Promise<void> {
  await deliver(wakeMessage(ref));
}

/** Lets the object's alarm ring at its time. */
export async function ringAlarm(ref: PostRef): Promise<boolean> {
  const { alarmAt } = await documentOf(ref);
  if (alarmAt !== null && alarmAt > Date.now()) advance(alarmAt - Date.now());
  return runDurableObjectAlarm(postObject(ref));
}

/** Forgets all that the object has in memory. */
export async function evict(ref: PostRef): Promise<void> {
  await documentOf(ref);
  await evictDurableObject(postObject(ref));
}

/**
 * Drives a post until all of its tasks are final: delivers every message that was sent, moves the clock to what is due.
 *
 * @param between runs before each delivery
 */
export async function drive(ref: PostRef, between: () => Promise<void> = async () => {}): Promise<PostDocument> {
  await wake(ref);
  for (let turn = 0; turn < 400; turn++) {
    const document = await documentOf(ref);
    const open = publicationsOf(document).filter((task) => isOpen(task.status) && task.dueAt !== null);
    if (open.length === 0 && document.tasks.every((task) => task.announceBy === null)) return document;
    const sent = open.filter((task) => task.sends > 0 && task.lease === null);
    for (const task of sent) {
      await between();
      await deliver(taskMessage(ref, task));
    }
    if (sent.length === 0) await ringAlarm(ref);
  }
  throw new Error("the post did not come to an end");
}

/** What followers of a sandbox account see, newest first. */
export async function publicPosts(workspace: TestWorkspace, accountId: string): Promise<SandboxPost[]> {
  const row = await env.DB.prepare("SELECT external_id FROM accounts WHERE id = ?").bind(accountId).first();
  const clock = await env.DB.prepare("SELECT test_clock_offset AS offset FROM workspaces WHERE id = ?")
    .bind(workspace.id)
    .first<{ offset: number }>();
  return env.SANDBOX.getByName(workspace.id).publicPosts(String(row?.external_id), clock?.offset ?? 0);
}

export async function getPost(workspace: TestWorkspace, ref: PostRef): Promise<Answer> {
  return call("GET", `/v1/posts/${ref.postId}`, { key: workspace.test });
}

/** Lets the sweeper run until no media and no upload is left whose time is over: it takes some at a time. */
export async function sweepMediaAway(): Promise<void> {
  for (let sweeps = 0; sweeps < 100; sweeps++) {
    await env.SWEEPER.getByName(SWEEPER_NAME).sweep();
    const left = await env.DB.prepare(
      `SELECT (SELECT count(*) FROM media WHERE expires_at <= ?1)
        + (SELECT count(*) FROM media_uploads WHERE expires_at <= ?1) AS n`,
    )
      .bind(Date.now())
      .first<{ n: number }>();
    if (left?.n === 0) return;
  }
  throw new Error("the sweeper does not come to an end");
}
