import { SECOND } from "../../../lib/clock.ts";
import type { NetworkContext } from "../call.ts";
import { graphTime } from "../graph/answers.ts";
import type { GraphNode } from "../graph/fields.ts";
import type { SandboxVideo } from "../store.ts";

type Stage = "expired" | "uploading" | "upload_complete" | "processing" | "error" | "ready";

/** A Page's video as a node, from the start of its upload on. Its post is named once there is one. */
export function videoNode(context: NetworkContext, video: SandboxVideo): GraphNode {
  const now = context.clock();
  const post = video.postId === null ? undefined : context.records.post(video.postId);
  const isPublic = post !== undefined && now >= post.createdAt;
  const isLinked = isPublic && now >= post.createdAt + context.switches.permalinkLag;
  return {
    id: video.id,
    status: statusOf(context, video, isPublic),
    published: isPublic,
    post_id: isPublic ? post.id : undefined,
    permalink_url: isLinked ? post.permalink : undefined,
    title: video.title === "" ? undefined : video.title,
    description: video.description === "" ? undefined : video.description,
    created_time: graphTime(video.createdAt),
    updated_time: graphTime(video.readyAt ?? video.createdAt),
    length: video.upload.facts === null ? undefined : video.upload.facts.durationMs / SECOND,
    from: { id: video.userId },
    source: undefined,
    picture: undefined,
    thumbnails: undefined,
    comments: undefined,
  };
}

function stageOf({ clock }: NetworkContext, { upload, readyAt, failure }: SandboxVideo): Stage {
  if (upload.isGone) return "expired";
  if (!upload.isComplete) return "uploading";
  if (readyAt === null) return "upload_complete";
  if (clock() < readyAt) return "processing";
  return failure === null ? "ready" : "error";
}

/** The phases, in the spelling of the guide's samples or that of Meta's SDK. */
function statusOf(context: NetworkContext, video: SandboxVideo, isPublic: boolean): object {
  const isGuide = context.switches.spelling === "guide";
  const complete = isGuide ? "complete" : "completed";
  const stage = stageOf(context, video);
  const bytes = video.upload.facts?.bytes ?? video.upload.scan.bytes;
  return {
    video_status: stage,
    uploading_phase: {
      status: uploadingStatus(stage, bytes) ?? complete,
      [isGuide ? "bytes_transfered" : "bytes_transferred"]: bytes,
    },
    processing_phase: { status: processingStatus(stage) ?? complete, ...problemOf(video, stage, isGuide) },
    publishing_phase: publishingPhase(video, stage, isPublic, complete),
  };
}

function uploadingStatus(stage: Stage, bytes: number): string | null {
  if (stage === "expired") return "error";
  if (stage !== "uploading") return null;
  return bytes === 0 ? "not_started" : "in_progress";
}

function processingStatus(stage: Stage): string | null {
  if (stage === "ready") return null;
  if (stage === "error") return "error";
  return stage === "processing" ? "in_progress" : "not_started";
}

function problemOf({ failure }: SandboxVideo, stage: Stage, isGuide: boolean): object {
  if (stage !== "error" || failure === null) return {};
  return isGuide ? { error: { message: failure.message } } : { errors: [failure] };
}

function publishingPhase({ readyAt }: SandboxVideo, stage: Stage, isPublic: boolean, complete: string): object {
  if (stage === "error") return { status: "error", publish_status: "error" };
  if (stage !== "ready") return { status: stage === "processing" ? "in_progress" : "not_started" };
  if (!isPublic) return { status: "not_started", publish_status: "draft" };
  return { status: complete, publish_status: "published", publish_time: Math.floor((readyAt ?? 0) / SECOND) };
}
