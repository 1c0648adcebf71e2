import { DAY } from "../../../lib/clock.ts";
import { isLost } from "../behavior.ts";
import type { NetworkContext, SandboxCall } from "../call.ts";
import { GraphFailure, invalidParameter, missingNode } from "../graph/answers.ts";
import type { SandboxVideo } from "../store.ts";
import { newUpload } from "../uploads/upload.ts";
import { storyAnswer } from "./photo-stories.ts";
import { acceptVideo } from "./processing.ts";

/*
 * `POST /{page}/video_reels` and `POST /{page}/video_stories`: start, upload at the host for uploads, finish.
 */

const REELS_A_DAY = 30;
type Purpose = "reel" | "story";

export function callThreePhases(context: NetworkContext, call: SandboxCall, purpose: Purpose): object {
  const phase = call.params.get("upload_phase");
  if (phase === "start") return start(context, call, purpose);
  if (phase === "finish") return finish(context, call, purpose);
  throw invalidParameter("Param upload_phase must be one of {START, FINISH}");
}

function start(context: NetworkContext, call: SandboxCall, purpose: Purpose): object {
  const id = context.newId(16);
  context.records.saveVideo({
    id,
    userId: call.user.id,
    purpose,
    upload: newUpload(null, isLost(context, call.user)),
    title: "",
    description: "",
    createdAt: context.clock(),
    finishedAt: null,
    readyAt: null,
    failure: null,
    postId: null,
  });
  const version = call.url.pathname.split("/")[1];
  return { video_id: id, upload_url: `${context.switches.uploadOrigin}/video-upload/${version}/${id}` };
}

/** The answer only acknowledges the request: followers see the video when it is processed, if they do. */
function finish(context: NetworkContext, call: SandboxCall, purpose: Purpose): object {
  const { params, user } = call;
  const video = findVideo(context, call, purpose);
  const state = params.get("video_state") ?? "PUBLISHED";
  if (state !== "PUBLISHED" && state !== "DRAFT") throw invalidParameter("The sandbox does not schedule");
  if (!video.upload.isComplete || video.upload.isGone) throw uploadProblem();
  if (video.finishedAt !== null) return finishedBefore(context, video);
  if (purpose === "reel") checkReelLimit(context, call);
  const accepted = acceptVideo(context, user, video, {
    title: params.get("title") ?? "",
    description: params.get("description") ?? "",
    isPublished: state === "PUBLISHED",
  });
  return answerOf(context, accepted);
}

/** A story's post is named at once, a reel's not at all. */
function answerOf({ newId }: NetworkContext, { purpose, postId }: SandboxVideo): object {
  return purpose === "story" ? storyAnswer(postId ?? newId(15)) : { success: true };
}

/** What a second finish is answered is not documented. It never makes a second post. */
function finishedBefore(context: NetworkContext, video: SandboxVideo): object {
  if (context.switches.doublePublish === "same id") return answerOf(context, video);
  throw uploadProblem();
}

function findVideo(context: NetworkContext, call: SandboxCall, purpose: Purpose): SandboxVideo {
  const id = call.params.get("video_id");
  if (id === null) throw invalidParameter("The parameter video_id is required");
  const video = context.records.video(id);
  if (video?.userId !== call.user.id || video.purpose !== purpose) throw missingNode(id, "POST");
  return video;
}

/** What a finish without an upload is answered. */
export function uploadProblem(): GraphFailure {
  return new GraphFailure(6000, null, "There was a problem uploading your video file. Please try again.");
}

/** The limit is documented and its error is not. */
function checkReelLimit({ clock, records }: NetworkContext, { user }: SandboxCall): void {
  const now = clock();
  const used = records.countPosts(user.id, "reel", { from: now - DAY + 1, to: now + DAY });
  if (used < REELS_A_DAY) return;
  throw new GraphFailure(368, 1390008, "(#368) It looks like you were misusing this feature by going too fast.");
}
