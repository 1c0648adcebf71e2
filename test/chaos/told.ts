import { isOpen } from "../../src/post/status.ts";
import type { FinalPost, History, ListedEvent } from "./history.ts";
import type { Violation } from "./invariants.ts";

/*
 * What the client's endpoint was told, held against what the API lists and against how tasks ended. Pure.
 */

/** The numbers of what was told. */
export interface ToldCounts {
  /** Events that the API lists. */
  events: number;
  /** Requests that the endpoint took, those of one event once each. */
  received: number;
  /** How many of them were of an event that it had taken already. */
  duplicates: number;
  /** Events that it never took. */
  missing: number;
}

export function toldCounts({ listed, received }: Pick<History, "listed" | "received">): ToldCounts {
  const taken = received.filter(({ isTaken }) => isTaken).map(({ id }) => id);
  const known = new Set(taken);
  const missing = listed.filter(({ id }) => !known.has(id)).length;
  return { events: listed.length, received: taken.length, duplicates: taken.length - known.size, missing };
}

export function violationsOfTold(history: History): Violation[] {
  const taken = new Map(history.received.filter(({ isTaken }) => isTaken).map(({ id, body }) => [id, body]));
  const events = [...taken.values()].flatMap((body) => readEvent(body) ?? []);
  const posts = [...history.final.values()].filter((post) => post !== null);
  return [...violationsOfReceipts(history), ...posts.flatMap((post) => violationsOfEnds(post, events))];
}

function violation(what: string): Violation {
  return { of: "I6", kind: "told", what };
}

/** Everything that is listed was taken; whatever was heard is listed, signed, and says the same each time. */
function violationsOfReceipts({ listed, received }: History): Violation[] {
  const known = new Map(listed.map((event): [string, ListedEvent] => [event.id, event]));
  const taken = new Set(received.filter(({ isTaken }) => isTaken).map(({ id }) => id));
  const missing = listed.filter(({ id }) => !taken.has(id));
  const doubled = listed.filter((event) => known.get(event.id) !== event);
  return [
    ...missing.map(({ id }) => violation(`${id} never arrived`)),
    ...doubled.map(({ id }) => violation(`${id} is listed twice`)),
    ...received.flatMap(({ id, body, isGenuine }) => {
      const event = known.get(id);
      return [
        ...(isGenuine ? [] : [violation(`${id} arrived with a signature that is not good`)]),
        ...(event ? [] : [violation(`${id} arrived and is not listed`)]),
        ...(event && event.body !== body ? [violation(`${id} arrived as ${body} and is listed as ${event.body}`)] : []),
      ];
    }),
  ];
}

/** An event, as far as it is looked at here. */
interface ToldEvent {
  type: string;
  data: { post_id: string; task?: { account_id: string; status: string; platform_post_id: string | null } };
}

function readEvent(body: string): ToldEvent | null {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** Each task that ended by itself was told of once, as it is; and each post that is over. No task is tried twice here. */
function violationsOfEnds(post: FinalPost, events: readonly ToldEvent[]): Violation[] {
  const ours = events.filter(({ data }) => data.post_id === post.id);
  const found = post.tasks.flatMap((task) => {
    const name = `the task of ${post.id} on ${task.account_id}, which is ${task.status},`;
    const ends = ours.filter(({ type, data }) => {
      return type.startsWith("publish.") && data.task?.account_id === task.account_id;
    });
    const expected = isOpen(task.status) || task.status === "canceled" ? 0 : 1;
    if (ends.length !== expected) return violation(`${name} was told of by ${ends.length} final events`);
    return ends.flatMap(({ type, data }) => {
      const isCompleted = type === "publish.completed";
      const isRight = data.task?.status === task.status && isCompleted === (task.status === "published");
      return isRight ? [] : violation(`${name} was told of by ${type} as ${data.task?.status}`);
    });
  });
  const wholes = ours.flatMap(({ type }) => (type.startsWith("post.") ? type : []));
  const isCanceled = post.tasks.some(({ status }) => status === "canceled");
  const isOver = post.tasks.every(({ status }) => !isOpen(status));
  const expected = isOver ? (isCanceled ? "post.canceled" : "post.completed") : "";
  if (wholes.join() === expected) return found;
  return [
    ...found,
    violation(`${post.id}, which is ${post.status}, was told of by ${wholes.join(" and ") || "nothing"}`),
  ];
}
