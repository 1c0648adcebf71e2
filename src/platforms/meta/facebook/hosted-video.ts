import * as z from "zod";
import type { Millis } from "../../../lib/clock.ts";
import { HOUR, MINUTE, SECOND } from "../../../lib/clock.ts";
import type { DraftMedia, Fault, Io, Outcome, Step } from "../../platform.ts";
import { faultOfAnswer, handleAfter, missingField, provesRefusal } from "../faults.ts";
import type { Graph, MetaSettings } from "../graph.ts";
import { GRAPH_ID } from "../nodes.ts";
import { handOverFile, isUploadAddress, UPLOAD_TIMEOUT } from "../upload.ts";
import type { VideoPublication } from "./settle-video.ts";
import { progressOf, readVideo } from "./video-node.ts";

/*
 * The three phases that reels and video stories share: start names the video and where it is handed over, Facebook
 * fetches it from its address, finish publishes it.
 * https://developers.facebook.com/docs/video-api/guides/reels-publishing
 */

type Upload = {
  videoId: string;
  address: string;
  startedAt: Millis;
  handedOver: boolean;
  ready: boolean;
  polls: number;
  nextPoll: Millis;
};

export type HostedVideoState = VideoPublication & {
  upload: Upload | null;
  rebuilds: number;
  /** The post that the publication is to become, where the platform named it when it took it on. */
  postId: string | null;
};

export const NO_VIDEO_YET: HostedVideoState = {
  upload: null,
  rebuilds: 0,
  postId: null,
  accepted: false,
  absentAt: [],
};

/** Where the phases take place. */
export interface HostedVideo {
  graph: Graph;
  settings: MetaSettings;
  edge: "video_reels" | "video_stories";
}

const UPLOAD_LIFE: Millis = 23 * HOUR;
const MAX_REBUILDS = 3;
const POLL_WAITS: readonly Millis[] = [2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE];
const MAX_POLLS = 65;

const STARTED = z.object({ video_id: GRAPH_ID, upload_url: z.string() });

type Prepared = Outcome<HostedVideoState>;

export function nextVideoStep({ upload }: HostedVideoState, now: Millis): Step {
  if (!upload || now >= upload.startedAt + UPLOAD_LIFE) return { name: "start", effect: "hidden" };
  if (!upload.handedOver) return { name: "upload", effect: "hidden", longest: UPLOAD_TIMEOUT };
  if (!upload.ready) return { name: "poll", effect: "read", notBefore: upload.nextPoll };
  return { name: "finish", effect: "visible" };
}

/** Takes one of the steps before the commit. */
export function prepareVideo(at: HostedVideo, step: Step, state: HostedVideoState, io: Io): Promise<Prepared> {
  if (step.name === "start") return start(at, state, io);
  if (step.name === "upload") return handOver(state, io);
  return poll(at, state, io);
}

async function start({ graph, settings, edge }: HostedVideo, state: HostedVideoState, io: Io): Promise<Prepared> {
  const answer = await graph.post(io, `${io.connection.externalId}/${edge}`, { upload_phase: "start" });
  if (answer.is !== "ok") return { is: "refused", fault: faultOfAnswer(answer, io.now()), state };
  const started = STARTED.safeParse(answer.body);
  if (!started.success) return { is: "refused", fault: missingField("video_id"), state };
  const { video_id, upload_url } = started.data;
  // The token goes there: to no other host.
  if (!isUploadAddress(settings, upload_url)) return { is: "refused", fault: missingField("upload_url"), state };
  const now = io.now();
  const stage = { handedOver: false, ready: false, polls: 0, nextPoll: now };
  const upload = { videoId: video_id, address: upload_url, startedAt: now, ...stage };
  return { is: "done", state: { ...state, upload } };
}

function videoOf(io: Io): DraftMedia {
  const [video] = io.draft.media;
  if (!video) throw new Error("a video draft without media passed the check");
  return video;
}

async function handOver(state: HostedVideoState, io: Io): Promise<Prepared> {
  const upload = uploadOf(state);
  const fault = await handOverFile(io, upload.address, await io.mediaUrl(videoOf(io).id));
  // The same file may be handed over again; where the host says that it failed with this one, another is made.
  if (fault) return fault.code === "no_answer" ? { is: "refused", fault, state } : rebuild(state, fault);
  return { is: "done", state: { ...state, upload: { ...upload, handedOver: true } } };
}

async function poll({ graph }: HostedVideo, state: HostedVideoState, io: Io): Promise<Prepared> {
  const upload = uploadOf(state);
  const now = io.now();
  const read = await readVideo(graph, upload.videoId, io);
  if (read.is === "fault") return { is: "refused", fault: read.fault, state };
  const progress = progressOf(read.video, now);
  if (progress.is === "failed") return rebuild(state, progress.fault);
  if (progress.is === "uploaded") return { is: "done", state: { ...state, upload: { ...upload, ready: true } } };
  // Nothing is armed, so what seemed to prove a refusal was a lie.
  if (progress.is === "public") return { is: "live", post: null };
  if (upload.polls >= MAX_POLLS) return rebuild(state, stillUploading());
  const until = now + (POLL_WAITS[upload.polls] ?? MINUTE);
  return { is: "wait", state: { ...state, upload: { ...upload, polls: upload.polls + 1, nextPoll: until } }, until };
}

export function uploadOf({ upload }: HostedVideoState): Upload {
  if (!upload) throw new Error("there is no upload");
  return upload;
}

/** Publishes the video. Success is an acknowledgement: it is public once it was processed. */
export async function finishVideo(
  { graph, edge }: HostedVideo,
  params: Record<string, string>,
  state: HostedVideoState,
  io: Io,
): Promise<Prepared> {
  const { videoId } = uploadOf(state);
  const body = { upload_phase: "finish", video_id: videoId, ...params };
  const answer = await graph.commit(io, `${io.connection.externalId}/${edge}`, body);
  if (answer.is === "ok") {
    if (answer.body.success !== true) return { is: "unknown", fault: missingField("success") };
    const postId = GRAPH_ID.safeParse(answer.body.post_id).data ?? null;
    return { is: "accepted", state: { ...state, accepted: true, postId } };
  }
  const fault = faultOfAnswer(answer, io.now());
  if (answer.is === "lost" || !provesRefusal(answer.error)) return { is: "unknown", fault };
  return handleAfter(answer.error) === "fresh" ? rebuild(state, fault) : { is: "refused", fault, state };
}

/** Uploads anew, at most three times. */
function rebuild(state: HostedVideoState, fault: Fault): Prepared {
  if (fault.kind !== "retry") return { is: "refused", fault, state };
  if (state.rebuilds >= MAX_REBUILDS) return { is: "refused", fault: { ...fault, isLast: true }, state };
  return { is: "refused", fault, state: { ...NO_VIDEO_YET, rebuilds: state.rebuilds + 1 } };
}

function stillUploading(): Fault {
  return { kind: "retry", scope: "post", code: "uploading", message: "Facebook did not finish fetching the video." };
}
