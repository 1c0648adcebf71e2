import type { PostRef } from "../lib/vocabulary.ts";
import type { PublishMessage } from "./messages.ts";
import { resumeMessage, wakeMessage } from "./messages.ts";

/** Messages in one `sendBatch`, by the queue's limit. */
const MESSAGES_PER_SEND = 100;

/** Sends messages to the publish queue, as many at once as it takes. */
export async function sendMessages(
  queue: Queue<PublishMessage>,
  messages: readonly MessageSendRequest<PublishMessage>[],
): Promise<void> {
  for (let from = 0; from < messages.length; from += MESSAGES_PER_SEND) {
    await queue.sendBatch(messages.slice(from, from + MESSAGES_PER_SEND));
  }
}

/** Tasks that go on in one second: a platform throttles an account that wakes up all at once. */
const PACE = 5;

/** Messages by which tasks go on that waited for their account, some each second. */
export function resumeMessages(
  tasks: readonly { ref: PostRef; accountId: string }[],
): MessageSendRequest<PublishMessage>[] {
  return tasks.map(({ ref, accountId }, index) => ({
    body: resumeMessage(ref, accountId),
    delaySeconds: Math.floor(index / PACE),
  }));
}

/** Hands posts over to the publish queue, whose consumer wakes their objects. */
export function wakePosts(queue: Queue<PublishMessage>, posts: readonly PostRef[]): Promise<void> {
  return sendMessages(
    queue,
    posts.map((ref) => ({ body: wakeMessage(ref) })),
  );
}
