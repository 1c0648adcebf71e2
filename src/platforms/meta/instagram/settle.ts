import type { Millis } from "../../../lib/clock.ts";
import { MINUTE, SECOND } from "../../../lib/clock.ts";
import type { Armed, Io, Verdict } from "../../platform.ts";
import { provesAbsence, readingInterval } from "../../settling.ts";
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
/** From so long after the commit on, a listed media is believed to be ours although the container does not say so. */
const LISTING_BELIEVED_FROM: Millis = 10 * MINUTE;
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
  if (!status?.success) {
    const fault = answer.is === "ok" ? missingField("status_code") : faultOfAnswer(answer, io.now());
    return settleByListing(graph, state, armed, io, { ...askLater(state, io), fault });
  }
  switch (status.data.status_code) {
    case "PUBLISHED":
      return settlePublished(graph, state, armed, io);
    case "FINISHED":
      return absent(state, armed, io, { ...state, quotaReadAt: null });
    case "IN_PROGRESS":
      return askLater(state, io);
    // Posts have gone out whose container says one of these two: the list is asked before that is believed.
    case "EXPIRED":
      return settleByListing(graph, state, armed, io, { is: "didNot", state: withoutContainers(state) });
    case "ERROR":
      return settleByListing(graph, state, armed, io, absent(state, armed, io, withoutContainers(state)));
  }
}

function askLater(state: InstagramState, io: Io) {
  return { is: "askLater", state, until: io.now() + io.scaled(UNREADABLE_WAIT) } as const;
}

/** The container is published; which media it became is found in the account's list. */
async function settlePublished(
  graph: Graph,
  state: InstagramState,
  armed: Armed,
  io: Io,
): Promise<Verdict<InstagramState>> {
  const found = await findMedia(graph, io, armed, true);
  if (found.is === "one") return { is: "did", post: found.post };
  const wait = ID_SEARCH_WAITS[state.idSearches];
  // Public for certain, and nobody can say under which id.
  if (wait === undefined) return { is: "did", post: null };
  const searched = { ...state, idSearches: state.idSearches + 1 };
  return { is: "askLater", state: searched, until: io.now() + io.scaled(wait) };
}

/**
 * The container does not say that it is published, or cannot be read: Meta has had weeks in which fresh ones could not.
 * What the list shows is believed once every other task has surely taken what is its own.
 *
 * @param otherwise what the container says, when the list has nothing of ours
 */
async function settleByListing(
  graph: Graph,
  state: InstagramState,
  armed: Armed,
  io: Io,
  otherwise: Verdict<InstagramState>,
): Promise<Verdict<InstagramState>> {
  const believedFrom = armed.last + io.scaled(LISTING_BELIEVED_FROM);
  if (io.now() < believedFrom)
    return { ...askLater(state, io), until: Math.min(believedFrom, askLater(state, io).until) };
  const found = await findMedia(graph, io, armed, false);
  switch (found.is) {
    case "one":
      return { is: "did", post: found.post };
    case "none":
      return otherwise;
    case "several":
      return { ...askLater(state, io), saw: found.posts };
    case "unreadable":
      return { ...askLater(state, io), fault: found.fault };
  }
}

function absent(state: InstagramState, armed: Armed, io: Io, after: InstagramState): Verdict<InstagramState> {
  // What was read before this commit says nothing of it.
  const absentAt = [...state.absentAt.filter((at) => at >= armed.last), io.now()];
  const rule = { readings: ABSENT_READINGS, span: io.scaled(ABSENT_SPAN) };
  if (provesAbsence(absentAt, rule)) {
    return { is: "didNot", state: { ...after, absentAt: [], idSearches: 0 } };
  }
  return { is: "askLater", state: { ...state, absentAt }, until: io.now() + readingInterval(rule), saw: "nothing" };
}
