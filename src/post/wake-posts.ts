import type { PostRef } from "../lib/vocabulary.ts";
import type { PublishMessage } from "./messages.ts";
import { wakeMessage } from "./messages.ts";
import { MESSAGES_PER_SEND } from "./timing.ts";

/** Hands posts over to the publish queue, whose consumer wakes their objects. */
export async function wakePosts(queue: Queue<PublishMessage>, posts: readonly PostRef[]): Promise<void> {
  for (let from = 0; from < posts.length; from += MESSAGES_PER_SEND) {
    const refs = posts.slice(from, from + MESSAGES_PER_SEND);
    await queue.sendBatch(refs.map((ref) => ({ body: wakeMessage(ref) })));
  }
}
