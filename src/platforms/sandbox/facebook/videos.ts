import { DAY } from "../../../lib/clock.ts";
import { isLost } from "../behavior.ts";
import type { NetworkContext, SandboxCall } from "../call.ts";
import { GraphFailure, invalidParameter } from "../graph/answers.ts";
import { crawlVideo } from "../media/crawler.ts";
import type { SandboxUpload, SandboxVideo } from "../store.ts";
import { newUpload, withBytes, withFetched } from "../uploads/upload.ts";
import { acceptVideo } from "./processing.ts";
import { uploadProblem } from "./three-phases.ts";

/*
 * `POST /{page}/videos`: in one call, or as a session of chunks.
 */

/** What one transfer is asked for at most. */
const WINDOW = 4 * 1024 * 1024;

export function callVideos(context: NetworkContext, call: SandboxCall): object | Promise<object> {
  switch (call.params.get("upload_phase")) {
    case null:
      return addVideo(context, call);
    case "start":
      return start(context, call);
    case "transfer":
      return transfer(context, call);
    case "finish":
      return finish(context, call);
    case "cancel":
      return cancel(context, call);
    default:
      throw invalidParameter("Param upload_phase must be one of {START, TRANSFER, FINISH, CANCEL}");
  }
}

async function addVideo(context: NetworkContext, call: SandboxCall): Promise<object> {
  const upload = await readSource(context, call);
  if (upload.facts === null) throw new GraphFailure(352, null, "(#352) The video file's format is not supported.");
  const video = newVideo(context, call, upload);
  acceptVideo(context, call.user, video, wordsOf(call.params));
  return { id: video.id };
}

async function readSource(context: NetworkContext, { params, files }: SandboxCall): Promise<SandboxUpload> {
  const source = files.get("source");
  if (source) return withBytes(newUpload(source.byteLength), source);
  const url = params.get("file_url");
  if (url === null) throw invalidParameter("The parameter file_url or source is required");
  const video = await crawlVideo(context, url);
  if (video === "not_a_video") return withFetched(newUpload(null), url, null);
  if (typeof video === "string") throw new GraphFailure(389, null, "(#389) Unable to fetch video file from URL.");
  return withFetched(newUpload(video.bytes), url, video);
}

function start(context: NetworkContext, call: SandboxCall): object {
  const fileSize = Number(call.params.get("file_size"));
  if (!Number.isInteger(fileSize) || fileSize < 1) throw invalidParameter("The parameter file_size is required");
  const video = newVideo(context, call, newUpload(fileSize, isLost(context, call.user)));
  const session = context.newId(16);
  context.records.saveVideo(video);
  context.records.saveSession(session, video.id);
  return { upload_session_id: session, video_id: video.id, ...offsetsOf(video.upload) };
}

function transfer(context: NetworkContext, call: SandboxCall): object {
  const video = findSession(context, call);
  const chunk = call.files.get("video_file_chunk");
  if (!chunk) throw invalidParameter("The parameter video_file_chunk is required");
  const { upload } = video;
  const offsets = offsetsOf(upload);
  const isInPlace = call.params.get("start_offset") === offsets.start_offset;
  if (!isInPlace || upload.scan.bytes + chunk.byteLength > Number(offsets.end_offset)) {
    // The session goes on from the offsets that this tells.
    throw new GraphFailure(6001, 1363037, "The chunk does not begin where the last one ended.", { data: offsets });
  }
  const received = withBytes(upload, chunk);
  context.records.saveVideo({ ...video, upload: received });
  return offsetsOf(received);
}

function finish(context: NetworkContext, call: SandboxCall): object {
  const video = findSession(context, call);
  if (!video.upload.isComplete) throw uploadProblem();
  if (video.finishedAt === null) acceptVideo(context, call.user, video, wordsOf(call.params));
  else if (context.switches.doublePublish === "refuse") throw uploadProblem();
  return { success: true };
}

function cancel(context: NetworkContext, call: SandboxCall): object {
  const video = findSession(context, call);
  if (video.finishedAt !== null) throw invalidParameter("The upload session is finished");
  context.records.deleteVideo(video.id);
  return { success: true };
}

/** Equal when all has arrived. */
function offsetsOf({ scan, fileSize }: SandboxUpload) {
  const end = Math.min(scan.bytes + WINDOW, fileSize ?? 0);
  return { start_offset: String(scan.bytes), end_offset: String(end) };
}

function findSession(context: NetworkContext, { user, params }: SandboxCall): SandboxVideo {
  const video = context.records.videoOfSession(params.get("upload_session_id") ?? "");
  const isOver = video && (video.upload.isGone || context.clock() >= video.createdAt + DAY);
  if (video?.userId === user.id && !isOver) return video;
  throw new GraphFailure(6001, 1363041, "The upload session is invalid or has expired.");
}

function newVideo(context: NetworkContext, { user }: SandboxCall, upload: SandboxUpload): SandboxVideo {
  return {
    id: context.newId(16),
    userId: user.id,
    purpose: "video",
    upload,
    title: "",
    description: "",
    createdAt: context.clock(),
    finishedAt: null,
    readyAt: null,
    failure: null,
    postId: null,
  };
}

function wordsOf(params: URLSearchParams) {
  if (params.has("scheduled_publish_time")) throw invalidParameter("The sandbox does not schedule");
  return {
    title: params.get("title") ?? "",
    description: params.get("description") ?? "",
    isPublished: params.get("published") !== "false",
  };
}
