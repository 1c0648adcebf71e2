import type { EventBody, EventRow } from "../db/events.ts";
import { withoutLink } from "../db/events.ts";

/*
 * An event that asks for approval has the link by which whoever reads it may decide. It is sent to endpoints, and shown to
 * nobody who may not decide.
 */

/** An event as somebody is shown it. @param mayDecide whether they may approve posts; the link is null for others */
export function showEvent({ id, body }: EventRow, mayDecide: boolean): EventBody & { id: string } {
  const event = JSON.parse(body);
  return { id, ...(mayDecide ? event : withoutLink(event)) };
}

/**
 * What an endpoint answered, to be kept for everybody who reads of attempts: one that repeats what it was sent repeats the link.
 *
 * @param body the event as it was sent
 */
export function withoutEcho(answer: string, body: string): string {
  const { data } = JSON.parse(body);
  // What it is about comes before the dot, and its signature behind it. An answer may be cut off anywhere in it.
  const claims = /\/review\/([\w-]+)\./.exec(data.link ?? "")?.[1];
  return claims === undefined ? answer : answer.replaceAll(new RegExp(`${claims}[\\w.%-]*`, "g"), "…");
}
