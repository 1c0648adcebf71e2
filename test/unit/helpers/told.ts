import { isOpen } from "../../../src/post/status.ts";
import type { FinalPost, History, ListedEvent } from "../../chaos/history.ts";
import type { Received } from "../../helpers/webhook-receiver.ts";

/** A request that brought an event to an endpoint. */
export function receiptOf({ id, body }: ListedEvent, different: Partial<Received> = {}): Received {
  return { id, body, at: 0, isTaken: true, isGenuine: true, ...different };
}

/** An event of a post. */
export function eventOf(id: string, type: string, data: object): ListedEvent {
  return { id, type, body: JSON.stringify({ type, data }) };
}

/** What is told of posts when all is well: everything, once. */
export function told(posts: readonly (FinalPost | null)[]): Pick<History, "listed" | "received"> {
  const listed = posts.flatMap((post) => (post ? eventsOf(post) : []));
  return { listed, received: listed.map((event) => receiptOf(event)) };
}

function eventsOf({ id, tasks }: FinalPost): ListedEvent[] {
  const ended = tasks.filter(({ status }) => !isOpen(status) && status !== "canceled");
  const ends = ended.map((task, index) => {
    const type = task.status === "published" ? "publish.completed" : "publish.failed";
    return eventOf(`evt_${id}_${index}_1`, type, { post_id: id, task });
  });
  if (tasks.some(({ status }) => isOpen(status))) return ends;
  const type = tasks.some(({ status }) => status === "canceled") ? "post.canceled" : "post.completed";
  return [...ends, eventOf(`evt_${id}_all_1`, type, { post_id: id, tasks })];
}
