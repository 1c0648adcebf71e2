import type { Millis } from "../../../lib/clock.ts";
import { MINUTE, SECOND } from "../../../lib/clock.ts";
import type { Json } from "../../../lib/json.ts";
import type { Armed, Fault, Io, PublicPost, Verdict } from "../../platform.ts";
import { provesAbsence, readingInterval } from "../../settling.ts";
import { UNREADABLE_WAIT } from "../faults.ts";
import type { Graph } from "../graph.ts";
import type { VideoNode } from "./video-node.ts";
import { progressOf, readVideo } from "./video-node.ts";

/*
 * What became of the publication of a video, read from the video itself: its id is known before the commit.
 */

/** A publication whose handle is a video. */
export type VideoPublication = {
  /** Whether Facebook has said that it took the publication on. */
  accepted: boolean;
  /** When the video was read as not published while a commit is being settled. */
  absentAt: Millis[];
  [member: string]: Json;
};

/** "Not published" is believed after this many readings, over at least this long. */
const RULE = { readings: 3, span: 2 * MINUTE };
/** Facebook processes short videos in seconds; the core reads ever more rarely. */
export const PROCESSING_WAIT: Millis = 3 * SECOND;

/** @param fresh the state from which another video is made, when this one can never be published */
export async function settleVideo<S extends VideoPublication>(
  graph: Graph,
  videoId: string,
  state: S,
  armed: Armed,
  io: Io,
  fresh: S,
): Promise<Verdict<S>> {
  const now = io.now();
  const later = (wait: Millis) => ({ is: "askLater", state, until: now + io.scaled(wait) }) as const;
  const read = await readVideo(graph, videoId, io);
  if (read.is === "fault") return { ...later(UNREADABLE_WAIT), fault: read.fault };
  const progress = progressOf(read.video, now);
  switch (progress.is) {
    case "public": {
      const post = publicPost(read.video, io);
      // The handle is ours, so is the post; the claim keeps others from taking it for theirs.
      await io.claim(post.id);
      return { is: "did", post };
    }
    case "failed":
      return absent(state, armed, io, failedFor(progress.fault, state.accepted), fresh);
    case "under_way":
      return later(PROCESSING_WAIT);
    case "uploaded":
    case "uploading":
      // What was taken on will come, however long it takes.
      return state.accepted ? later(PROCESSING_WAIT) : absent(state, armed, io, null, state);
  }
}

/** What a reading means that shows no post: seen often enough, that there is none. */
function absent<S extends VideoPublication>(state: S, armed: Armed, io: Io, fault: Fault | null, after: S): Verdict<S> {
  const now = io.now();
  // What was read before this commit says nothing of it.
  const absentAt = [...state.absentAt.filter((at) => at >= armed.last), now];
  const rule = { ...RULE, span: io.scaled(RULE.span) };
  if (!provesAbsence(absentAt, rule)) {
    return { is: "askLater", state: { ...state, absentAt }, until: now + readingInterval(rule), saw: "nothing" };
  }
  const next = { ...after, absentAt: [], accepted: false };
  return fault ? { is: "didNot", state: next, fault } : { is: "didNot", state: next };
}

/**
 * A video that was to be published is not replaced by another: it might come after all. Only one that expired unpublished
 * is.
 */
export function failedFor(fault: Fault, isAccepted: boolean): Fault {
  return isAccepted || fault.code !== "expired" ? { ...fault, kind: "permanent" } : fault;
}

/** A public video is known by the post that shows it, as every post of a Page; by its own id while there is none. */
function publicPost({ id, post_id, permalink_url }: VideoNode, io: Io): PublicPost {
  const postId = post_id ?? id;
  const isWhole = !post_id || postId.includes("_");
  return { id: isWhole ? postId : `${io.connection.externalId}_${postId}`, permalink: permalink_url };
}
