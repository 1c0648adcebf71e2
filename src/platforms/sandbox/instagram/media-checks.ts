import { MINUTE, SECOND } from "../../../lib/clock.ts";
import type { NetworkContext } from "../call.ts";
import type { CrawlFailure } from "../media/crawler.ts";
import type { VideoFacts } from "../media/mp4.ts";
import { crawlPicture } from "../media/picture.ts";
import { instagramFailure, subcodeOf } from "./faults.ts";
import type { Form } from "./parameters.ts";

/*
 * What Instagram takes of pictures and videos: the specifications of its media reference.
 */

const MEBIBYTE = 1024 * 1024;
const MAX_IMAGE_BYTES = 8 * MEBIBYTE;
/** 4:5 to 1.91:1, with what rounding to pixels leaves. */
const RATIO = { least: 0.79, most: 1.92 };
/** H.264 and HEVC. */
const VIDEO_CODECS = ["avc1", "avc3", "hvc1", "hev1"];
/** Sound that is not AAC. Tracks of time codes and the like harm nothing. */
const REFUSED_SOUND = ["ac-3", "ec-3", "lpcm", "sowt", "twos", "Opus", "fLaC", "alac", "samr", ".mp3"];
const REEL = { shortest: 3 * SECOND, longest: 15 * MINUTE, bytes: 300 * MEBIBYTE, leastRatio: 0.01 };
const STORY = { shortest: 3 * SECOND, longest: 60 * SECOND, bytes: 100 * MEBIBYTE, leastRatio: 0.1 };
const VIDEO = { mostRatio: 10, width: 1_920 };

/** Seen where a file is too large: "Media upload has failed with error code 2207082". */
const PROCESSING_FAILED = 2207082;

/** Fetches a picture while the call waits. @throws GraphFailure when Instagram cannot use it */
export async function checkImage(context: NetworkContext, form: Form, address: string): Promise<void> {
  const image = await crawlPicture(context, address);
  if (image === "timed_out") throw instagramFailure("media_timed_out");
  if (image === "not_a_picture") throw instagramFailure("image_format");
  if (typeof image === "string") throw instagramFailure("media_unreachable");
  if (image.type !== "jpg") throw instagramFailure("image_format");
  if (image.bytes > MAX_IMAGE_BYTES) throw instagramFailure("image_size");
  const ratio = image.width / image.height;
  if (form !== "story" && (ratio < RATIO.least || ratio > RATIO.most)) throw instagramFailure("image_ratio");
}

/** The subcode that a video's processing ends with; null when it ends well. */
export function videoFailure(form: Form, video: VideoFacts | CrawlFailure | "not_a_video"): number | null {
  if (video === "not_a_video") return subcodeOf("video_format");
  if (video === "timed_out") return subcodeOf("media_timed_out");
  if (typeof video === "string") return subcodeOf("media_unreachable");
  const limits = form === "story" ? STORY : REEL;
  if (video.bytes > limits.bytes) return PROCESSING_FAILED;
  const isFitting =
    video.durationMs >= limits.shortest &&
    video.durationMs <= limits.longest &&
    video.startsFast &&
    video.codecs.some((codec) => VIDEO_CODECS.includes(codec)) &&
    !video.codecs.some((codec) => REFUSED_SOUND.includes(codec)) &&
    hasFittingSize(video, limits.leastRatio);
  return isFitting ? null : subcodeOf("video_format");
}

function hasFittingSize({ width, height }: VideoFacts, leastRatio: number): boolean {
  if (width === 0 || height === 0) return true;
  const ratio = width / height;
  return width <= VIDEO.width && ratio >= leastRatio && ratio <= VIDEO.mostRatio;
}
