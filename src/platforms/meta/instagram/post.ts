import * as z from "zod";
import type { Draft, Fault, Io, Outcome, Publication, Step } from "../../platform.ts";
import { normaliseText } from "../../similarity.ts";
import { faultOfAnswer, handleAfter, missingField, NOT_READY_WAIT, provesRefusal } from "../faults.ts";
import type { Graph, GraphError } from "../graph.ts";
import { GRAPH_NODE } from "../nodes.ts";
import { isTellable } from "./find-media.ts";
import { kindOf } from "./kind.ts";
import { createChild, createContainer, pollContainer, readQuota, rebuild, refused } from "./prepare.ts";
import { settleContainer } from "./settle.ts";
import type { InstagramState } from "./state.ts";
import { NOTHING_YET, usable } from "./state.ts";

/*
 * A post on Instagram, of any kind: build the container (of a carousel: its items first), read it until it is ready,
 * publish it. The container is the handle: its status tells whether the commit went through, but never which media it
 * became. https://developers.facebook.com/docs/instagram-platform/content-publishing
 */

/** A container that the platform does not find this often is built anew. */
const MAX_MISSES = 2;

export function instagramPost(graph: Graph): Publication<InstagramState> {
  return {
    begin: () => NOTHING_YET,
    next: (state, draft, now) => nextStep(usable(state, now), draft),
    run: (step, state, io) => runStep(graph, step, usable(state, io.now()), io),
    settle: (state, armed, io) => settleContainer(graph, state, armed, io),
    async permalink(platformPostId, io) {
      const answer = await graph.get(io, platformPostId, { fields: "permalink" });
      if (answer.is !== "ok") return null;
      return z.object({ permalink: z.url() }).safeParse(answer.body).data?.permalink ?? null;
    },
  };
}

function nextStep(state: InstagramState, draft: Draft): Step {
  const { children, container } = state;
  if (!container && kindOf(draft) === "carousel") {
    if (children.length < draft.media.length) return { name: `child/${children.length}`, effect: "hidden" };
    const waiting = children.map((child, index) => ({ child, index })).filter(({ child }) => !child.finished);
    const [first] = waiting.sort((a, b) => a.child.nextPoll - b.child.nextPoll);
    if (first) return { name: `poll/${first.index}`, effect: "read", notBefore: first.child.nextPoll };
  }
  if (!container) return { name: "container", effect: "hidden" };
  if (!container.finished) return { name: "poll", effect: "read", notBefore: container.nextPoll };
  if (state.quotaReadAt === null) return { name: "quota", effect: "read" };
  const step: Step = { name: "publish", effect: "visible" };
  // The container does not name its media, which is found by its words: two with the same must not be on their way.
  return isTellable(draft) ? { ...step, fingerprint: normaliseText(draft.text) } : step;
}

function runStep(graph: Graph, step: Step, state: InstagramState, io: Io): Promise<Outcome<InstagramState>> {
  const [name, index] = step.name.split("/");
  switch (name) {
    case "child":
      return createChild(graph, Number(index), state, io);
    case "container":
      return createContainer(graph, state, io);
    case "poll":
      return pollContainer(graph, index === undefined ? null : Number(index), state, io);
    case "quota":
      return readQuota(graph, state, io);
    default:
      return publishContainer(graph, state, io);
  }
}

async function publishContainer(graph: Graph, state: InstagramState, io: Io): Promise<Outcome<InstagramState>> {
  const { container } = state;
  if (!container) throw new Error("there is no container to publish");
  const answer = await graph.commit(io, `${io.connection.externalId}/media_publish`, { creation_id: container.id });
  if (answer.is === "ok") {
    const node = GRAPH_NODE.safeParse(answer.body);
    // Without an id there is no telling what was published: the container knows whether.
    if (!node.success) return { is: "unknown", fault: missingField("id") };
    return { is: "live", post: { id: node.data.id, permalink: null } };
  }
  const fault = faultOfAnswer(answer, io.now());
  if (answer.is === "lost" || !provesRefusal(answer.error)) return { is: "unknown", fault };
  return afterRefusal(state, answer.error, fault, io);
}

function afterRefusal(state: InstagramState, error: GraphError, fault: Fault, io: Io): Outcome<InstagramState> {
  const { container } = state;
  if (handleAfter(error) === "fresh" || !container) return rebuild(state, fault);
  const read = { ...state, quotaReadAt: null };
  // "Not ready": back to polling.
  if (error.code === 9007) {
    const polled = { ...container, finished: false, nextPoll: io.now() + NOT_READY_WAIT };
    return refused(fault, { ...read, container: polled });
  }
  // "Missing or expired": Meta calls it temporary, and it is not always.
  if (error.subcode === 2207008) {
    const misses = state.misses + 1;
    return misses > MAX_MISSES ? rebuild(state, fault) : refused(fault, { ...read, misses });
  }
  return refused(fault, read);
}
