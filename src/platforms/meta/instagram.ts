import { z } from "zod";
import type { Millis } from "../../lib/clock.ts";
import { HOUR, MINUTE, SECOND } from "../../lib/clock.ts";
import type { Fault, Io, Outcome, Platform, PublicPost, Step, Verdict } from "../platform.ts";
import { provesAbsence } from "../settling.ts";
import { normaliseText } from "../similarity.ts";
import {
  CALL_TIMEOUT,
  containerAfter,
  faultOf,
  faultOfAnswer,
  missingField,
  NOT_READY_WAIT,
  provesRefusal,
  UNREADABLE_WAIT,
} from "./faults.ts";
import type { GraphError, MetaSettings } from "./graph.ts";
import { callGraph } from "./graph.ts";
import { checkInstagramDraft } from "./instagram-limits.ts";
import { GRAPH_ID, GRAPH_NODE, parseGraphTime, profileOf } from "./nodes.ts";

/*
 * Instagram, single image: build a container, poll it, publish it. The container is the handle: its status tells
 * whether the commit went through, but never which media it became, so the id of a post whose answer was lost is found
 * in the account's media. https://developers.facebook.com/docs/instagram-platform/content-publishing
 */

/** Containers end after 24 hours; one is given up in time to publish it before. */
const CONTAINER_LIFE: Millis = 23 * HOUR;
const MAX_REBUILDS = 3;
/** Images are ready in a second or two; after that Meta's advice is once a minute. */
const POLL_WAITS: readonly Millis[] = [SECOND, 2 * SECOND, 3 * SECOND, 6 * SECOND, 12 * SECOND, 30 * SECOND, MINUTE];
const MAX_POLLS = 65;

/** "Not published" is believed after this many readings of a finished container, over at least this long. */
const ABSENT_READINGS = 3;
const ABSENT_SPAN: Millis = 2 * MINUTE;
/** How often the media of a post that is certainly public is looked for before it is left without an id. */
const ID_SEARCH_WAITS: readonly Millis[] = [5 * SECOND, 20 * SECOND, MINUTE];
/** Our clock and Instagram's may differ by this much. */
const CLOCK_SKEW: Millis = MINUTE;

/** The state of one publication. */
export type InstagramState = {
  container: { id: string; createdAt: Millis; finished: boolean; polls: number; nextPoll: Millis } | null;
  rebuilds: number;
  /** When the container was read as not published while a commit is being settled. */
  absentAt: Millis[];
  idSearches: number;
};

const CONTAINER_STATUS = z.object({
  status_code: z.enum(["IN_PROGRESS", "FINISHED", "PUBLISHED", "ERROR", "EXPIRED"]),
  status: z.string().optional(),
});
const MEDIA_LIST = z.object({
  data: z.array(
    z.object({
      id: GRAPH_ID,
      caption: z.string().optional(),
      permalink: z.string().optional(),
      timestamp: z.string(),
      media_type: z.string().optional(),
    }),
  ),
});

export function createInstagram(settings: MetaSettings): Platform<InstagramState> {
  const call = (io: Io, method: "GET" | "POST", path: string, params: Record<string, string>, timeout = CALL_TIMEOUT) =>
    callGraph(settings, io, { method, path, params, timeout });

  async function createContainer(state: InstagramState, io: Io): Promise<Outcome<InstagramState>> {
    const image = io.draft.media[0];
    if (!image) throw new Error("an Instagram draft without media passed the check");
    const params: Record<string, string> = { image_url: await io.mediaUrl(image.id) };
    if (io.draft.text !== "") params.caption = io.draft.text;
    const answer = await call(io, "POST", `${io.connection.externalId}/media`, params);
    if (answer.is !== "ok") return refused(faultOfAnswer(answer, io.now()), state);
    const node = GRAPH_NODE.safeParse(answer.body);
    if (!node.success) return refused(missingField("id"), state);
    const now = io.now();
    const container = { id: node.data.id, createdAt: now, finished: false, polls: 0, nextPoll: now };
    return { is: "done", state: { ...state, container } };
  }

  async function pollContainer(state: InstagramState, io: Io): Promise<Outcome<InstagramState>> {
    const { container } = state;
    if (!container) throw new Error("there is no container to poll");
    const answer = await call(io, "GET", container.id, { fields: "status_code,status" });
    // A container that was made a moment ago may not be readable yet (100/33): the bounded retries cover it.
    if (answer.is !== "ok") return refused(faultOfAnswer(answer, io.now()), state);
    const status = CONTAINER_STATUS.safeParse(answer.body);
    if (!status.success) return refused(missingField("status_code"), state);
    switch (status.data.status_code) {
      case "FINISHED":
        return { is: "done", state: { ...state, container: { ...container, finished: true } } };
      case "IN_PROGRESS": {
        if (container.polls >= MAX_POLLS) return rebuild(state, stillProcessing());
        const wait = POLL_WAITS[Math.min(container.polls, POLL_WAITS.length - 1)] ?? MINUTE;
        const until = io.now() + wait;
        const polled = { ...container, polls: container.polls + 1, nextPoll: until };
        return { is: "wait", state: { ...state, container: polled }, until };
      }
      case "PUBLISHED": {
        // Nothing is armed, so what seemed to prove a refusal was a lie. The post is public all the same.
        const found = await findMedia(io, { first: container.createdAt, last: io.now() });
        return { is: "live", post: found.is === "one" ? found.post : null };
      }
      case "ERROR":
        return rebuild(state, failedContainer(status.data.status, io.now()));
      case "EXPIRED":
        return rebuild(state, failedContainer("2207020", io.now()));
    }
  }

  async function publishContainer(state: InstagramState, io: Io): Promise<Outcome<InstagramState>> {
    const { container } = state;
    if (!container) throw new Error("there is no container to publish");
    const path = `${io.connection.externalId}/media_publish`;
    const answer = await call(io, "POST", path, { creation_id: container.id }, io.commitTimeout);
    if (answer.is === "ok") {
      const node = GRAPH_NODE.safeParse(answer.body);
      // Without an id there is no telling what was published: the container knows whether.
      if (!node.success) return { is: "unknown", fault: missingField("id") };
      return { is: "live", post: { id: node.data.id, permalink: null } };
    }
    const fault = faultOfAnswer(answer, io.now());
    if (answer.is === "lost" || !provesRefusal(answer.error)) return { is: "unknown", fault };
    return afterRefusedCommit(state, answer.error, fault, io.now());
  }

  /** The account's media that could be the published container: in the window, of equal caption, no other task's. */
  async function findMedia(io: Io, window: { first: Millis; last: Millis }): Promise<FoundMedia> {
    const from = window.first - CLOCK_SKEW;
    const to = window.last + CLOCK_SKEW + 2 * io.commitTimeout;
    const answer = await call(io, "GET", `${io.connection.externalId}/media`, {
      fields: "id,caption,permalink,timestamp,media_type,media_product_type",
      since: String(Math.floor(from / SECOND)),
      limit: "50",
    });
    if (answer.is !== "ok") return { is: "unreadable", fault: faultOfAnswer(answer, io.now()) };
    const list = MEDIA_LIST.safeParse(answer.body);
    if (!list.success) return { is: "unreadable", fault: missingField("data") };
    // graph.instagram.com may leave captions out; then time and type must do.
    const tellsCaptions = list.data.data.some((row) => row.caption !== undefined);
    const ours = normaliseText(io.draft.text);
    const candidates = list.data.data.filter((row) => {
      const at = parseGraphTime(row.timestamp);
      if (at === null || at < from || at > to) return false;
      if (row.media_type !== undefined && row.media_type !== "IMAGE") return false;
      return !tellsCaptions || normaliseText(row.caption ?? "") === ours;
    });
    const unclaimed = await io.unclaimed(candidates.map((row) => row.id));
    const free = candidates.filter((row) => unclaimed.includes(row.id));
    const [only, ...others] = free;
    if (only === undefined) return { is: "none" };
    if (others.length > 0) return { is: "several" };
    if (!(await io.claim(only.id))) return { is: "several" };
    return { is: "one", post: { id: only.id, permalink: only.permalink ?? null } };
  }

  async function settlePublished(
    state: InstagramState,
    armed: { first: Millis; last: Millis },
    io: Io,
  ): Promise<Verdict<InstagramState>> {
    const found = await findMedia(io, armed);
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

  return {
    id: "instagram",

    check(draft) {
      return checkInstagramDraft(draft);
    },

    begin() {
      return { container: null, rebuilds: 0, absentAt: [], idSearches: 0 };
    },

    next(state, _draft, now): Step {
      const { container } = state;
      if (!container || now >= container.createdAt + CONTAINER_LIFE) return { name: "container", effect: "hidden" };
      if (!container.finished) return { name: "poll", effect: "read", notBefore: container.nextPoll };
      return { name: "publish", effect: "visible" };
    },

    run(step, state, io) {
      if (step.name === "container") return createContainer(state, io);
      if (step.name === "poll") return pollContainer(state, io);
      return publishContainer(state, io);
    },

    async settle(state, armed, io): Promise<Verdict<InstagramState>> {
      if (!state.container) throw new Error("a commit was armed without a container");
      const answer = await call(io, "GET", state.container.id, { fields: "status_code,status" });
      const status = answer.is === "ok" ? CONTAINER_STATUS.safeParse(answer.body) : null;
      if (!status?.success) {
        // Meta has had weeks in which fresh containers could not be read; the account's media may still tell.
        const found = await findMedia(io, armed);
        if (found.is === "one") return { is: "did", post: found.post };
        const fault = answer.is === "ok" ? missingField("status_code") : faultOfAnswer(answer, io.now());
        return { is: "askLater", state, until: io.now() + io.scaled(UNREADABLE_WAIT), fault };
      }
      const withoutContainer = { ...state, container: null };
      switch (status.data.status_code) {
        case "PUBLISHED":
          return settlePublished(state, armed, io);
        case "FINISHED":
          return settleAbsent(state, io, state);
        case "IN_PROGRESS":
          return { is: "askLater", state, until: io.now() + io.scaled(UNREADABLE_WAIT) };
        case "EXPIRED":
          // It was not published, or it would say so, and it can no longer be.
          return { is: "didNot", state: { ...withoutContainer, absentAt: [], idSearches: 0 } };
        case "ERROR": {
          // Posts have gone out whose container says ERROR: the list is asked before that is believed.
          const found = await findMedia(io, armed);
          if (found.is === "one") return { is: "did", post: found.post };
          if (found.is === "none") return settleAbsent(state, io, withoutContainer);
          const fault = found.is === "unreadable" ? { fault: found.fault } : {};
          return { is: "askLater", state, until: io.now() + io.scaled(UNREADABLE_WAIT), ...fault };
        }
      }
    },

    async permalink(platformPostId, io) {
      const answer = await call(io, "GET", platformPostId, { fields: "permalink" });
      if (answer.is !== "ok") return null;
      return z.object({ permalink: z.url() }).safeParse(answer.body).data?.permalink ?? null;
    },

    profile(io) {
      return profileOf(settings, io, "username");
    },
  };
}

type FoundMedia =
  | { is: "one"; post: PublicPost }
  | { is: "none" }
  | { is: "several" }
  | { is: "unreadable"; fault: Fault };

function refused(fault: Fault, state: InstagramState): Outcome<InstagramState> {
  return { is: "refused", fault, state };
}

/** Starts over with a fresh container, at most three times. */
function rebuild(state: InstagramState, fault: Fault): Outcome<InstagramState> {
  if (fault.kind !== "retry") return refused(fault, state);
  if (state.rebuilds >= MAX_REBUILDS) return refused({ ...fault, kind: "permanent" }, state);
  return refused(fault, { ...state, container: null, rebuilds: state.rebuilds + 1 });
}

function afterRefusedCommit(
  state: InstagramState,
  error: GraphError,
  fault: Fault,
  now: Millis,
): Outcome<InstagramState> {
  if (containerAfter(error) === "fresh") return rebuild(state, fault);
  // "Not ready": back to polling. Any other refusal leaves the container as it was.
  if (error.code === 9007 && state.container) {
    const container = { ...state.container, finished: false, nextPoll: now + NOT_READY_WAIT };
    return refused(fault, { ...state, container });
  }
  return refused(fault, state);
}

/** A container's `status` is a sentence with the error's subcode somewhere in it. */
function failedContainer(status: string | undefined, now: Millis): Fault {
  const subcode = /\b(2207\d{3}|1363\d{3})\b/.exec(status ?? "")?.[1];
  const message = status === undefined || status === subcode ? "Instagram could not process the media." : status;
  const error = { code: -1, subcode: subcode === undefined ? null : Number(subcode), message };
  return faultOf({ ...error, trace: null, regainAccessAt: null }, now);
}

function stillProcessing(): Fault {
  return {
    kind: "retry",
    scope: "post",
    code: "IN_PROGRESS",
    message: "Instagram did not finish processing the media.",
  };
}
