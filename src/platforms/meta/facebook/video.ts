import * as z from "zod";
import type { Millis } from "../../../lib/clock.ts";
import { HOUR, MINUTE } from "../../../lib/clock.ts";
import type { DraftMedia, Fault, Io, Outcome, Publication } from "../../platform.ts";
import { faultOfAnswer, handleAfter, missingField, provesRefusal } from "../faults.ts";
import type { Graph, GraphAnswer } from "../graph.ts";
import { GRAPH_ID } from "../nodes.ts";
import { permalinkOf } from "./permalink.ts";
import type { VideoPublication } from "./settle-video.ts";
import { settleVideo } from "./settle-video.ts";

/*
 * A video in a Page's feed, by an upload session: its start names the video, so that the commit (`finish`) can be
 * settled by that id. A one-shot upload would leave nothing to ask for.
 * https://developers.facebook.com/docs/graph-api/reference/page/videos
 */

const OFFSET = z.union([z.string(), z.number()]).transform(Number).pipe(z.number().int().nonnegative());
const STARTED = z.object({
  upload_session_id: GRAPH_ID,
  video_id: GRAPH_ID,
  start_offset: OFFSET,
  end_offset: OFFSET,
});
const TRANSFERRED = z.object({ start_offset: OFFSET, end_offset: OFFSET });

type Session = { id: string; videoId: string; startedAt: Millis; offset: number; end: number };

export type VideoState = VideoPublication & { session: Session | null; rebuilds: number };

const SESSION_LIFE: Millis = 23 * HOUR;
const MAX_REBUILDS = 3;
/** Facebook says how much it wants at once; more than this is never held in memory. */
const MAX_CHUNK = 8 * 1024 * 1024;
const CHUNK_TIMEOUT: Millis = MINUTE;

const NOTHING_YET: VideoState = { session: null, rebuilds: 0, accepted: false, absentAt: [] };

export function videoPost(graph: Graph): Publication<VideoState> {
  return {
    begin: () => NOTHING_YET,

    next(state, _draft, now) {
      const { session } = state;
      if (!session || now >= session.startedAt + SESSION_LIFE) return { name: "start", effect: "hidden" };
      if (session.offset < session.end) {
        return { name: `chunk/${session.offset}`, effect: "hidden", longest: CHUNK_TIMEOUT };
      }
      return { name: "finish", effect: "visible" };
    },

    run(step, state, io) {
      if (step.name === "start") return start(graph, state, io);
      if (step.name === "finish") return finish(graph, state, io);
      return transfer(graph, state, io);
    },

    async settle(state, armed, io) {
      const { session } = state;
      if (!session) throw new Error("a commit was armed without an upload session");
      return settleVideo(graph, session.videoId, state, armed, io, { ...state, session: null });
    },

    permalink: (platformPostId, io) => permalinkOf(graph, platformPostId, io),
  };
}

function videoOf(io: Io): DraftMedia {
  const [video] = io.draft.media;
  if (!video) throw new Error("a video draft without media passed the check");
  return video;
}

async function start(graph: Graph, state: VideoState, io: Io): Promise<Outcome<VideoState>> {
  const params = { upload_phase: "start", file_size: String(videoOf(io).bytes) };
  const answer = await graph.post(io, `${io.connection.externalId}/videos`, params);
  if (answer.is !== "ok") return { is: "refused", fault: faultOfAnswer(answer, io.now()), state };
  const started = STARTED.safeParse(answer.body);
  if (!started.success) return { is: "refused", fault: missingField("upload_session_id"), state };
  const { upload_session_id, video_id, start_offset, end_offset } = started.data;
  const session = {
    id: upload_session_id,
    videoId: video_id,
    startedAt: io.now(),
    offset: start_offset,
    end: end_offset,
  };
  return { is: "done", state: { ...state, session } };
}

async function transfer(graph: Graph, state: VideoState, io: Io): Promise<Outcome<VideoState>> {
  const { session } = state;
  if (!session) throw new Error("there is no upload session");
  const { offset, end } = session;
  const bytes = await io.readMedia(videoOf(io).id, { offset, length: Math.min(end - offset, MAX_CHUNK) });
  const params = { upload_phase: "transfer", upload_session_id: session.id, start_offset: String(offset) };
  const file = { name: "video_file_chunk", bytes };
  const answer = await graph.send(io, `${io.connection.externalId}/videos`, params, file, CHUNK_TIMEOUT);
  if (answer.is !== "ok") return afterFault(state, answer, io);
  const moved = TRANSFERRED.safeParse(answer.body);
  if (!moved.success) return { is: "refused", fault: missingField("start_offset"), state };
  const { start_offset, end_offset } = moved.data;
  // An offset that does not move would go on for ever.
  if (start_offset <= offset) return restart(state, missingField("start_offset"));
  return { is: "done", state: { ...state, session: { ...session, offset: start_offset, end: end_offset } } };
}

/**
 * A chunk may be sent again at its place: one that had arrived is refused, by a code that says where the session stands
 * now, and the session is begun anew.
 */
function afterFault(state: VideoState, answer: Exclude<GraphAnswer, { is: "ok" }>, io: Io): Outcome<VideoState> {
  const fault = faultOfAnswer(answer, io.now());
  const isSpent = answer.is === "error" && handleAfter(answer.error) === "fresh";
  return isSpent ? restart(state, fault) : { is: "refused", fault, state };
}

/** Uploads anew, at most three times. */
function restart(state: VideoState, fault: Fault): Outcome<VideoState> {
  if (state.rebuilds >= MAX_REBUILDS) return { is: "refused", fault: { ...fault, isLast: true }, state };
  return { is: "refused", fault, state: { ...state, session: null, rebuilds: state.rebuilds + 1 } };
}

async function finish(graph: Graph, state: VideoState, io: Io): Promise<Outcome<VideoState>> {
  const { session } = state;
  if (!session) throw new Error("there is no upload session");
  const params: Record<string, string> = { upload_phase: "finish", upload_session_id: session.id, published: "true" };
  if (io.draft.text !== "") params.description = io.draft.text;
  const answer = await graph.commit(io, `${io.connection.externalId}/videos`, params);
  if (answer.is === "ok") {
    // An acknowledgement: the post appears once the video was processed.
    if (answer.body.success === true) return { is: "accepted", state: { ...state, accepted: true } };
    return { is: "unknown", fault: missingField("success") };
  }
  const fault = faultOfAnswer(answer, io.now());
  if (answer.is === "lost" || !provesRefusal(answer.error)) return { is: "unknown", fault };
  if (handleAfter(answer.error) === "fresh") return restart(state, fault);
  return { is: "refused", fault, state };
}
