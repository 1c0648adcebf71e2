import { findHeldPosts } from "../db/account-tasks.ts";
import type { Database } from "../db/database.ts";
import type { Log } from "../lib/log.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { PublishMessage } from "./messages.ts";
import { resumeMessages, sendMessages } from "./send-messages.ts";

/** What is beyond finds out by itself, within half an hour. */
const MAX_POSTS = 1_000;

/**
 * Lets the tasks go on that wait for their account to be connected again, some each second. Never throws: a task whose
 * message is lost looks again by itself.
 */
export async function resumeHeldTasks(
  deps: { db: Database; queue: Queue<PublishMessage>; log: Log },
  scope: Scope,
  accountId: string,
): Promise<void> {
  try {
    const held = await findHeldPosts(deps.db, scope, accountId, MAX_POSTS);
    await sendMessages(deps.queue, resumeMessages(held.map((ref) => ({ ref, accountId }))));
  } catch (error) {
    deps.log.error("held tasks were not told to go on", error, { account_id: accountId });
  }
}
