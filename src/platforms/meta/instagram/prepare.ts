import * as z from "zod";
import type { Millis } from "../../../lib/clock.ts";
import { DAY, HOUR, SECOND } from "../../../lib/clock.ts";
import type { Fault, Io, Outcome } from "../../platform.ts";
import { codeOf, faultOf, faultOfAnswer, missingField } from "../faults.ts";
import type { Graph } from "../graph.ts";
import { GRAPH_NODE } from "../nodes.ts";
import { childParams, containerParams } from "./container-params.ts";
import { findMedia } from "./find-media.ts";
import type { Container, InstagramState } from "./state.ts";
import { newContainer, pollWait, withoutContainers } from "./state.ts";

/*
 * The steps before the commit: containers are made and read until they are ready, the account's quota is read. Nobody
 * sees any of it, and all of it may be repeated.
 */

const MAX_REBUILDS = 3;

export const CONTAINER_STATUS = z.object({
  status_code: z.enum(["IN_PROGRESS", "FINISHED", "PUBLISHED", "ERROR", "EXPIRED"]),
  status: z.string().optional(),
});
export const CONTAINER_FIELDS = { fields: "status_code,status" };

type Prepared = Outcome<InstagramState>;

/** Makes the container of one item of a carousel. */
export async function createChild(graph: Graph, index: number, state: InstagramState, io: Io): Promise<Prepared> {
  const made = await create(graph, io, await childParams(io, index));
  if (made.is === "fault") return refused(made.fault, state);
  return { is: "done", state: { ...state, children: [...state.children.slice(0, index), made.container] } };
}

/** Makes the container that is published. */
export async function createContainer(graph: Graph, state: InstagramState, io: Io): Promise<Prepared> {
  const children = state.children.map(({ id }) => id);
  const made = await create(graph, io, await containerParams(io, children));
  if (made.is === "fault") return refused(made.fault, state);
  return { is: "done", state: { ...state, container: made.container, misses: 0 } };
}

async function create(
  graph: Graph,
  io: Io,
  params: Record<string, string>,
): Promise<{ is: "made"; container: Container } | { is: "fault"; fault: Fault }> {
  const answer = await graph.post(io, `${io.connection.externalId}/media`, params);
  if (answer.is !== "ok") return { is: "fault", fault: faultOfAnswer(answer, io.now()) };
  const node = GRAPH_NODE.safeParse(answer.body);
  if (!node.success) return { is: "fault", fault: missingField("id") };
  return { is: "made", container: newContainer(node.data.id, io.now()) };
}

/**
 * Reads whether a container is ready.
 *
 * @param index the item of a carousel; null for what is published
 */
export async function pollContainer(
  graph: Graph,
  index: number | null,
  state: InstagramState,
  io: Io,
): Promise<Prepared> {
  const container = index === null ? state.container : state.children[index];
  if (!container) throw new Error("there is no container to poll");
  const replaced = (next: Container): InstagramState =>
    index === null
      ? { ...state, container: next }
      : { ...state, children: state.children.map((child, at) => (at === index ? next : child)) };
  const answer = await graph.get(io, container.id, CONTAINER_FIELDS);
  // A container that was made a moment ago may not be readable yet (100/33): the bounded retries cover it.
  if (answer.is !== "ok") return refused(faultOfAnswer(answer, io.now()), state);
  const status = CONTAINER_STATUS.safeParse(answer.body);
  if (!status.success) return refused(missingField("status_code"), state);
  switch (status.data.status_code) {
    case "FINISHED":
      return { is: "done", state: replaced({ ...container, finished: true }) };
    case "IN_PROGRESS": {
      const wait = pollWait(container.polls);
      if (wait === null) return rebuild(state, stillProcessing());
      const until = io.now() + wait;
      return { is: "wait", state: replaced({ ...container, polls: container.polls + 1, nextPoll: until }), until };
    }
    case "PUBLISHED": {
      // Nothing is armed, so what seemed to prove a refusal was a lie. The post is public all the same.
      const found = await findMedia(graph, io, { first: container.createdAt, last: io.now() }, true);
      return { is: "live", post: found.is === "one" ? found.post : null };
    }
    case "ERROR":
      return rebuild(state, failedContainer(status.data.status, io.now()));
    case "EXPIRED":
      return rebuild(state, failedContainer("2207020", io.now()));
  }
}

const QUOTA = z.object({
  data: z.array(
    z.object({
      quota_usage: z.number().int().nonnegative(),
      config: z.object({ quota_total: z.number().int().positive(), quota_duration: z.number().positive().optional() }),
    }),
  ),
});

/**
 * Reads how much the account may still publish: the number differs from account to account and changes without notice.
 * Where it cannot be read, the platform says at the commit whether there is room.
 * https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/content_publishing_limit
 */
export async function readQuota(graph: Graph, state: InstagramState, io: Io): Promise<Prepared> {
  const now = io.now();
  const path = `${io.connection.externalId}/content_publishing_limit`;
  const answer = await graph.get(io, path, { fields: "config,quota_usage" });
  const read: InstagramState = { ...state, quotaReadAt: now };
  const row = answer.is === "ok" ? QUOTA.safeParse(answer.body).data?.data[0] : undefined;
  if (!row) return { is: "done", state: read };
  const { quota_total, quota_duration } = row.config;
  const windowMs = quota_duration === undefined ? DAY : quota_duration * SECOND;
  const hasRoom = row.quota_usage < quota_total;
  // With the post that is published next.
  await io.noteQuota({ used: row.quota_usage + (hasRoom ? 1 : 0), total: quota_total, windowMs });
  if (hasRoom) return { is: "done", state: read };
  const message = `The account has used all ${quota_total} posts that Instagram allows by API in ${hours(windowMs)} hours.`;
  const fault: Fault = {
    kind: "quota",
    scope: "account",
    code: "9/2207042",
    message,
    holds: "posts",
    until: now + HOUR,
  };
  return refused(fault, state);
}

function hours(span: Millis): number {
  return Math.round(span / HOUR);
}

export function refused(fault: Fault, state: InstagramState): Prepared {
  return { is: "refused", fault, state };
}

/** Starts over with fresh containers, at most three times. */
export function rebuild(state: InstagramState, fault: Fault): Prepared {
  if (fault.kind !== "retry") return refused(fault, state);
  if (state.rebuilds >= MAX_REBUILDS) return refused({ ...fault, isLast: true }, state);
  return refused(fault, { ...withoutContainers(state), rebuilds: state.rebuilds + 1 });
}

/** A container's `status` is a sentence with the error's subcode somewhere in it. */
export function failedContainer(status: string | undefined, now: Millis): Fault {
  const subcode = /\b(2207\d{3}|1363\d{3})\b/.exec(status ?? "")?.[1];
  const error = { code: -1, subcode: subcode === undefined ? null : Number(subcode), message: status ?? "" };
  const fault = faultOf({ ...error, trace: null, regainAccessAt: null }, now);
  return { ...fault, code: subcode ?? codeOf({ ...error, trace: null, regainAccessAt: null }) };
}

function stillProcessing(): Fault {
  const message = "Instagram did not finish processing the media.";
  return { kind: "retry", scope: "post", code: "IN_PROGRESS", message };
}
