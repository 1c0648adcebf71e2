import { authenticate } from "../authenticate.ts";
import { beforeCalling } from "../behavior.ts";
import type { NetworkContext } from "../call.ts";
import { GraphFailure, graphJson } from "../graph/answers.ts";
import { finishContainerUpload } from "../instagram/create-container.ts";
import { crawlVideo } from "../media/crawler.ts";
import type { SandboxUpload, SandboxUser } from "../store.ts";
import { RuploadFailure } from "./rupload-failure.ts";
import { withBytes, withFetched } from "./upload.ts";

/*
 * rupload.facebook.com: bytes, or the address of a hosted file, for a video or a container that was announced.
 */

const PATH = /^\/(video-upload|ig-api-upload)\/v\d+\.0\/(\d+)$/;

export function isRupload(url: URL): boolean {
  return PATH.test(url.pathname);
}

/** Where an upload's state is kept: a Page's video or an Instagram container. */
interface Target {
  upload: SandboxUpload;
  save(upload: SandboxUpload): void;
}

/** `POST /video-upload/{version}/{video}` and `POST /ig-api-upload/{version}/{container}`. */
export async function receiveUpload(context: NetworkContext, request: Request): Promise<Response> {
  try {
    if (request.method !== "POST") throw new RuploadFailure("ParameterValidationError", "Only POST is supported.");
    const url = new URL(request.url);
    const [, host = "", nodeId = ""] = PATH.exec(url.pathname) ?? [];
    // Its token stands in the header, and nowhere else.
    const user = await authenticate(context, request, new URLSearchParams());
    const params = new URLSearchParams();
    beforeCalling(context, { method: "POST", url, user, nodeId, edge: "upload", params, files: new Map() });
    const address = request.headers.get("file_url");
    if (address === null) await receiveBytes(request, () => findTarget(context, user, host, nodeId));
    else await receiveAddress(context, request, address, () => findTarget(context, user, host, nodeId));
    return graphJson({ success: true, message: "Upload successful." });
  } catch (error) {
    if (error instanceof GraphFailure) return RuploadFailure.from(error).toResponse();
    if (error instanceof RuploadFailure) return error.toResponse();
    throw error;
  }
}

function findTarget(context: NetworkContext, user: SandboxUser, host: string, id: string): Target {
  const target = host === "video-upload" ? findVideo(context, user, id) : findContainer(context, user, id);
  if (!target) throw new RuploadFailure("ParameterValidationError", "There is no such upload.");
  if (target.upload.isGone) throw new RuploadFailure("ProcessingFailedError", "The upload session was lost.");
  return target;
}

function findVideo({ records }: NetworkContext, user: SandboxUser, id: string): Target | null {
  const video = records.video(id);
  // The sessions of `/videos` are fed there.
  if (video?.userId !== user.id || video.purpose === "video") return null;
  return { upload: video.upload, save: (upload) => records.saveVideo({ ...video, upload }) };
}

function findContainer(context: NetworkContext, user: SandboxUser, id: string): Target | null {
  const container = context.records.container(id);
  if (container?.userId !== user.id || container.upload === null) return null;
  const save = (upload: SandboxUpload) => {
    context.records.saveContainer({ ...container, upload });
    if (upload.isComplete) finishContainerUpload(context, user, { ...container, upload });
  };
  return { upload: container.upload, save };
}

async function receiveAddress(
  context: NetworkContext,
  request: Request,
  address: string,
  find: () => Target,
): Promise<void> {
  find();
  const body = await request.arrayBuffer();
  if (body.byteLength > 0) throw new RuploadFailure("ParameterValidationError", "A file_url takes no body.");
  const video = await crawlVideo(context, address);
  if (video !== "not_a_video" && typeof video === "string") {
    throw new RuploadFailure("FileUrlProcessingError", `The file could not be fetched: ${video}.`);
  }
  // Found again: another call may have come in between.
  const { upload, save } = find();
  if (!upload.isComplete) save(withFetched(upload, address, video === "not_a_video" ? null : video));
}

async function receiveBytes(request: Request, find: () => Target): Promise<void> {
  const [offset, fileSize] = [readNumber(request, "offset"), readNumber(request, "file_size")];
  find();
  const bytes = new Uint8Array(await request.arrayBuffer());
  const { upload, save } = find();
  if (upload.isComplete || offset !== upload.scan.bytes) {
    throw new RuploadFailure("OffsetInvalidError", `The next byte is ${upload.scan.bytes}.`);
  }
  const isOtherFile = upload.fileSize !== null && upload.fileSize !== fileSize;
  if (isOtherFile || bytes.byteLength === 0 || offset + bytes.byteLength > fileSize) {
    throw new RuploadFailure("ParameterValidationError", "The body does not fit offset and file_size.");
  }
  const received = withBytes({ ...upload, fileSize }, bytes);
  save(received);
  if (!received.isComplete) throw new RuploadFailure("PartialRequestError", "The body ended before the file.");
}

function readNumber(request: Request, header: string): number {
  const text = request.headers.get(header) ?? "";
  if (!/^\d+$/.test(text)) throw new RuploadFailure("ParameterValidationError", `The header ${header} is required.`);
  return Number(text);
}
