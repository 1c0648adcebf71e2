import * as z from "zod";
import type { Millis } from "../../../lib/clock.ts";
import type { Fault, Io } from "../../platform.ts";
import { faultOf, faultOfAnswer, missingField } from "../faults.ts";
import type { Graph } from "../graph.ts";
import { GRAPH_ID } from "../nodes.ts";
import { PERMALINK } from "./permalink.ts";

/*
 * A video as the Graph API shows it, whatever it is for: its phases say how far it is. The documentation and the answers
 * spell some words in two ways (`complete`, `completed`), and both are taken.
 * https://developers.facebook.com/docs/video-api/guides/reels-publishing
 */

const PROBLEM = z.object({ code: z.number().int().nullish(), message: z.string().nullish() });
const PHASE = z
  .object({ status: z.string(), errors: z.array(PROBLEM), error: PROBLEM, publish_status: z.string() })
  .partial();

const VIDEO_NODE = z.object({
  id: GRAPH_ID,
  published: z.boolean().nullish(),
  post_id: GRAPH_ID.nullish(),
  permalink_url: PERMALINK,
  status: z
    .object({
      video_status: z.string(),
      uploading_phase: PHASE,
      processing_phase: PHASE,
      publishing_phase: PHASE,
    })
    .partial()
    .nullish(),
});
export type VideoNode = z.infer<typeof VIDEO_NODE>;

const FIELDS = "status,published,post_id,permalink_url";

export type ReadVideo = { is: "read"; video: VideoNode } | { is: "fault"; fault: Fault };

export async function readVideo(graph: Graph, videoId: string, io: Io): Promise<ReadVideo> {
  const answer = await graph.get(io, videoId, { fields: FIELDS });
  if (answer.is !== "ok") return { is: "fault", fault: faultOfAnswer(answer, io.now()) };
  const video = VIDEO_NODE.safeParse(answer.body);
  if (!video.success) return { is: "fault", fault: missingField("status") };
  return { is: "read", video: video.data };
}

/** How far a video is. */
export type VideoProgress =
  | { is: "public" }
  | { is: "failed"; fault: Fault }
  /** Facebook is at work on it. */
  | { is: "under_way" }
  /** It arrived, and nobody has asked for its publication, as far as one can see. */
  | { is: "uploaded" }
  | { is: "uploading" };

const FAILED: readonly string[] = ["error", "upload_failed", "expired"];
const DONE: readonly string[] = ["complete", "completed"];

export function progressOf({ status, published, post_id }: VideoNode, now: Millis): VideoProgress {
  const { video_status = "", uploading_phase, processing_phase, publishing_phase } = status ?? {};
  const publishing = publishing_phase?.status ?? "not_started";
  if (publishing_phase?.publish_status === "published") return { is: "public" };
  if (video_status === "ready" && (published === true || post_id)) return { is: "public" };
  const hasFailed = FAILED.includes(video_status) || processing_phase?.status === "error";
  if (hasFailed || publishing_phase?.publish_status === "error") return { is: "failed", fault: failure(status, now) };
  if (video_status === "processing" || publishing !== "not_started") return { is: "under_way" };
  const hasArrived = video_status === "upload_complete" || video_status === "ready";
  if (hasArrived || DONE.includes(uploading_phase?.status ?? "")) return { is: "uploaded" };
  return { is: "uploading" };
}

function failure(status: VideoNode["status"], now: Millis): Fault {
  if (status?.video_status === "expired") {
    const message = "The uploaded video expired at Facebook before it was published.";
    return { kind: "retry", scope: "post", code: "expired", message };
  }
  const phases = [status?.processing_phase, status?.publishing_phase, status?.uploading_phase];
  const problem = phases.flatMap((phase) => [phase?.errors?.[0] ?? phase?.error ?? []].flat())[0];
  if (problem?.code) {
    const { code, message } = problem;
    const error = { code: 352, subcode: code, message: message ?? "", trace: null, regainAccessAt: null };
    return { ...faultOf(error, now), code: String(code) };
  }
  const words = problem?.message ? { words: problem.message } : {};
  const message = "Facebook could not process the video.";
  return { kind: "permanent", scope: "post", code: status?.video_status ?? "error", message, ...words };
}
