import type { Millis } from "../../../lib/clock.ts";
import { HOUR, MINUTE, SECOND } from "../../../lib/clock.ts";

/*
 * What is remembered of one publication on Instagram between its steps.
 */

/** What Instagram prepares of a post, or of one item of a carousel. It ends after 24 hours. */
export type Container = {
  id: string;
  createdAt: Millis;
  finished: boolean;
  polls: number;
  nextPoll: Millis;
};

export type InstagramState = {
  /** The items of a carousel, in order; empty for every other kind. */
  children: Container[];
  /** What is published: it is the handle by which a commit is settled. */
  container: Container | null;
  /** When the account was last seen to have room in its quota, for this container. */
  quotaReadAt: Millis | null;
  rebuilds: number;
  /** How often the platform did not find this container when it was to be published. */
  misses: number;
  /** When the container was read as not published while a commit is being settled. */
  absentAt: Millis[];
  idSearches: number;
};

export const NOTHING_YET: InstagramState = {
  children: [],
  container: null,
  quotaReadAt: null,
  rebuilds: 0,
  misses: 0,
  absentAt: [],
  idSearches: 0,
};

/** A container is given up in time to be published before it ends. */
const CONTAINER_LIFE: Millis = 23 * HOUR;
/** How long a quota that had room is believed to have some. */
const QUOTA_LIFE: Millis = MINUTE;

/** The state without what has become too old to be used. */
export function usable(state: InstagramState, now: Millis): InstagramState {
  const containers = state.container ? [...state.children, state.container] : state.children;
  const isTooOld = containers.some((container) => now >= container.createdAt + CONTAINER_LIFE);
  if (isTooOld) return withoutContainers(state);
  const isQuotaOld = state.quotaReadAt !== null && now >= state.quotaReadAt + QUOTA_LIFE;
  return isQuotaOld ? { ...state, quotaReadAt: null } : state;
}

export function withoutContainers(state: InstagramState): InstagramState {
  return { ...NOTHING_YET, rebuilds: state.rebuilds };
}

export function newContainer(id: string, now: Millis): Container {
  return { id, createdAt: now, finished: false, polls: 0, nextPoll: now };
}

/** Pictures are ready in a second or two; after that Meta's advice is once a minute. */
const POLL_WAITS: readonly Millis[] = [SECOND, 2 * SECOND, 3 * SECOND, 6 * SECOND, 12 * SECOND, 30 * SECOND, MINUTE];
const MAX_POLLS = 65;

/** When a container that is still processed is read again; null when it has had its time. */
export function pollWait(polls: number): Millis | null {
  return polls >= MAX_POLLS ? null : (POLL_WAITS[polls] ?? MINUTE);
}
