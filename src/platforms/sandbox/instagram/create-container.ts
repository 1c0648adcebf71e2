import type { Millis } from "../../../lib/clock.ts";
import { DAY, SECOND } from "../../../lib/clock.ts";
import { isLost, processingTime } from "../behavior.ts";
import type { NetworkContext, SandboxCall } from "../call.ts";
import { GraphFailure, invalidParameter } from "../graph/answers.ts";
import { readList } from "../graph/request.ts";
import { crawlVideo } from "../media/crawler.ts";
import type { SandboxContainer, SandboxUser } from "../store.ts";
import { newUpload } from "../uploads/upload.ts";
import { statusOf } from "./container.ts";
import { instagramFailure, subcodeOf } from "./faults.ts";
import { checkImage, videoFailure } from "./media-checks.ts";
import type { Form } from "./parameters.ts";
import { checkParameters, formOf } from "./parameters.ts";

const CONTAINER_LIFE: Millis = DAY;
const CONTAINERS_A_DAY = 400;
/** A carousel of finished parts is put together in a moment, unless it holds a video. */
const ASSEMBLY: Millis = SECOND;

/** What a container is made of, once it has been looked at. */
type Content = Pick<SandboxContainer, "media" | "children" | "failure" | "upload"> & { processing: Millis | null };
type Video = Extract<Form, "reel" | "story" | "video child">;

const KINDS = {
  image: "image",
  reel: "reel",
  story: "story",
  carousel: "carousel",
  "image child": "image",
  "video child": "video",
} as const satisfies Record<Form, SandboxContainer["kind"]>;

/** `POST /{ig-user}/media`. */
export async function createContainer(context: NetworkContext, call: SandboxCall): Promise<object> {
  const { user, params } = call;
  const form = formOf(params);
  await checkParameters(context, form, params);
  const { processing, ...content } = await readContent(context, call, form);
  const now = context.clock();
  const lastDay = { from: now - DAY, to: now + 1 };
  if (context.records.countContainers(user.id, lastDay) >= CONTAINERS_A_DAY) throw instagramFailure("quota");
  const id = context.newId(17);
  const isChild = form.endsWith("child");
  const readyAt = processing === null ? null : now + processing;
  context.records.saveContainer({
    ...content,
    id,
    userId: user.id,
    kind: KINDS[form],
    isChild,
    // Stories have none, whatever was sent.
    caption: form === "story" ? "" : (params.get("caption") ?? ""),
    createdAt: now,
    readyAt,
    expiresAt: !isChild && isLost(context, user) ? now + (processing ?? 0) : now + CONTAINER_LIFE,
    publishedAt: null,
    mediaId: null,
  });
  if (content.upload === null) return { id };
  return { id, uri: `${context.switches.uploadOrigin}/ig-api-upload/${call.url.pathname.split("/")[1]}/${id}` };
}

function readContent(context: NetworkContext, call: SandboxCall, form: Form): Content | Promise<Content> {
  const { params } = call;
  if (form === "carousel") return readCarousel(context, call);
  if (form === "image" || form === "image child") return readImage(context, call, form);
  if (params.get("upload_type") === "resumable") return awaitUpload(call);
  if (form !== "story") return readVideo(context, call, form);
  const [hasImage, hasVideo] = [params.has("image_url"), params.has("video_url")];
  if (hasImage === hasVideo) throw invalidParameter("A story takes either image_url or video_url");
  return hasImage ? readImage(context, call, form) : readVideo(context, call, form);
}

/** Pictures are fetched while the call waits: what is wrong with one is this call's answer. */
async function readImage(context: NetworkContext, call: SandboxCall, form: Form): Promise<Content> {
  const { user, params } = call;
  const url = params.get("image_url");
  if (url === null) throw new GraphFailure(100, null, "The parameter image_url is required");
  await checkImage(context, form, url);
  return {
    media: { url, type: "image", altText: params.get("alt_text") },
    children: [],
    failure: user.behavior === "rejects_media" ? subcodeOf("image_format") : null,
    processing: processingTime(user, "image"),
    upload: null,
  };
}

/** Videos are fetched afterwards: what is wrong with one is told by the container. */
async function readVideo(context: NetworkContext, call: SandboxCall, form: Video): Promise<Content> {
  const { user, params } = call;
  const url = params.get("video_url");
  if (url === null) throw new GraphFailure(100, null, "The parameter video_url is required");
  const video = await crawlVideo(context, url);
  const offset = Number(params.get("thumb_offset") ?? "0");
  if (typeof video !== "string" && form !== "story" && !(offset >= 0 && offset < video.durationMs)) {
    throw instagramFailure("thumb_offset");
  }
  return {
    media: { url, type: "video", altText: null },
    children: [],
    failure: failureOf(user, videoFailure(form, video)),
    processing: processingTime(user, "video"),
    upload: null,
  };
}

/** Officially only with Facebook Login. */
function awaitUpload({ user }: SandboxCall): Content {
  if (user.login === "instagram") throw new GraphFailure(100, null, "The parameter video_url is required");
  const media = { url: null, type: "video", altText: null } as const;
  return { media, children: [], failure: null, processing: null, upload: newUpload(null) };
}

function readCarousel(context: NetworkContext, { user, params }: SandboxCall): Content {
  const ids = readList(params.get("children") ?? "").filter((id) => id !== "");
  if (ids.length < 2 || ids.length > 10) throw instagramFailure("carousel_size");
  const children = ids.map((id) => findChild(context, user, id));
  const hasVideo = children.some((child) => child.kind === "video");
  const assembly = hasVideo ? ASSEMBLY : 0;
  return {
    media: null,
    children: ids,
    failure: null,
    processing: user.behavior === "slow_processing" ? processingTime(user, "image") : assembly,
    upload: null,
  };
}

function findChild(context: NetworkContext, user: SandboxUser, id: string): SandboxContainer {
  const child = context.records.container(id);
  if (child?.userId !== user.id) throw instagramFailure("child_missing");
  if (!child.isChild) throw invalidParameter(`The container ${id} was not created with is_carousel_item`);
  const status = statusOf(child, context.clock());
  if (status === "PUBLISHED") throw instagramFailure("child_missing");
  if (status === "EXPIRED") throw instagramFailure("container_missing");
  if (status !== "FINISHED") throw instagramFailure("not_ready");
  return child;
}

/** Takes in a container's video once its bytes have arrived. */
export function finishContainerUpload(context: NetworkContext, user: SandboxUser, container: SandboxContainer): void {
  const form = container.isChild ? "video child" : container.kind === "story" ? "story" : "reel";
  const failure = videoFailure(form, container.upload?.facts ?? "not_a_video");
  const readyAt = context.clock() + processingTime(user, "video");
  context.records.saveContainer({ ...container, readyAt, failure: failureOf(user, failure) });
}

function failureOf(user: SandboxUser, failure: number | null): number | null {
  return user.behavior === "rejects_media" ? subcodeOf("video_format") : failure;
}
