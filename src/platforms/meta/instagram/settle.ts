import type { Millis } from "../../../lib/clock.ts";
import { MINUTE, SECOND } from "../../../lib/clock.ts";
import type { Armed, Io, Verdict } from "../../platform.ts";
import { provesAbsence } from "../../settling.ts";
import { faultOfAnswer, missingField, UNREADABLE_WAIT } from "../faults.ts";
import type { Graph } from "../graph.ts";
import { findMedia } from "./find-media.ts";
import { CONTAINER_FIELDS, CONTAINER_STATUS } from "./prepare.ts";
import type { InstagramState } from "./state.ts";
import { withoutContainers } from "./state.ts";

/*
 * What became of a commit, read from the status of its container.
 */

/** "Not published" is believed after this many readings of a finished container, over at least this long. */
const ABSENT_READINGS = 3;
const ABSENT_SPAN: Millis = 2 * MINUTE;
/** How often the media of a post that is certainly public is looked for before it is left without an id. */
const ID_SEARCH_WAITS: readonly Millis[] = [5 * SECOND, 20 * SECOND, MINUTE];

export async function settleContainer(
  graph: Graph,
  state: InstagramState,
  armed: Armed,
  io: Io,
): Promise<Verdict<InstagramState>> {
  if (!state.container) throw new Error("a commit was armed without a container");
  const answer = await graph.get(io, state.container.id, CONTAINER_FIELDS);
  const status = answer.is === "ok" ? CONTAINER_STATUS.safeParse(answer.body) : null;
  const askLater = { is: "askLater", state, until: io.now() + io.scaled(UNREADABLE_WAIT) } as const;
  if (!status?.success) {
    // Meta has had weeks in which fresh containers could not be read; the account's media may still tell.
    const found = await findMedia(graph, io, armed);
    if (found.is === "one") return { is: "did", post: found.post };
    const fault = answer.is === "ok" ? missingField("status_code") : faultOfAnswer(answer, io.now());
    return { ...askLater, fault };
  }
  switch (status.data.status_code) {
    case "PUBLISHED":
      return settlePublished(graph, state, armed, io);
    case "FINISHED":
      return settleAbsent(state, io, { ...state, quotaReadAt: null });
    case "IN_PROGRESS":
      return askLater;
    case "EXPIRED":
      // It was not published, or it would say so, and it can no longer be.
      return { is: "didNot", state: withoutContainers(state) };
    case "ERROR": {
      // Posts have gone out whose container says ERROR: the list is asked before that is believed.
      const found = await findMedia(graph, io, armed);
      if (found.is === "one") return { is: "did", post: found.post };
      if (found.is === "none") return settleAbsent(state, io, withoutContainers(state));
      return found.is === "unreadable" ? { ...askLater, fault: found.fault } : askLater;
    }
  }
}

async function settlePublished(
  graph: Graph,
  state: InstagramState,
  armed: Armed,
  io: Io,
): Promise<Verdict<InstagramState>> {
  const found = await findMedia(graph, io, armed);
  if (found.is === "one") return { is: "did", post: found.post };
  const wait = ID_SEARCH_WAITS[state.idSearches];
  // Public for certain, and nobody can say under which id.
  if (wait === undefined) return { is: "did", post: null };
  const searched = { ...state, idSearches: state.idSearches + 1 };
  return { is: "askLater", state: searched, until: io.now() + io.scaled(wait) };
}

function settleAbsent(state: InstagramState, io: Io, after: InstagramState): Verdict<InstagramState> {
  const absentAt = [...state.absentAt, io.now()];
  if (provesAbsence(absentAt, { readings: ABSENT_READINGS, span: io.scaled(ABSENT_SPAN) })) {
    return { is: "didNot", state: { ...after, absentAt: [], idSearches: 0 } };
  }
  const until = io.now() + io.scaled(ABSENT_SPAN / (ABSENT_READINGS - 1));
  return { is: "askLater", state: { ...state, absentAt }, until };
}
