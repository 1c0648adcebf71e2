import type { Draft, DraftMedia, VideoLimits, Violation, Warning } from "../platform.ts";
import { normaliseText } from "../similarity.ts";

/*
 * What the checks of Instagram and Facebook share.
 */

/** Where in the publish request the text of this platform stands. */
export function textField(draft: Draft, platform: "instagram" | "facebook"): string {
  return draft.options.content === undefined ? "content" : `options.${platform}.content`;
}

/** How long a text is. The platforms do not say what a character is; code points are what other clients count. */
export function lengthOf(text: string): number {
  return [...text].length;
}

/** Collects what a check finds. */
export class Report {
  readonly violations: Violation[] = [];
  readonly warnings: Warning[] = [];

  refuse(
    field: string,
    code: Violation["code"],
    message: string,
    bound: Pick<Violation, "limit" | "value"> = {},
  ): void {
    this.violations.push({ field, code, message, ...bound });
  }

  warn(field: string, code: Warning["code"], message: string, bound: Pick<Warning, "limit" | "value"> = {}): void {
    this.warnings.push({ field, code, message, ...bound });
  }
}

export const MAX_ALT_TEXT = 1_000;

/** Checks the texts beside a post's own: what its pictures show, and the first comment. */
export function checkOtherTexts(
  report: Report,
  platform: "instagram" | "facebook",
  options: { alt_text?: string | (string | null)[] | undefined; first_comment?: string | undefined },
  maxComment: number,
): void {
  const { alt_text = [], first_comment } = options;
  const field = `options.${platform}.alt_text`;
  const texts = Array.isArray(alt_text) ? alt_text : [alt_text];
  texts.forEach((text, index) => {
    if (text !== null) checkLength(report, Array.isArray(alt_text) ? `${field}.${index}` : field, text, MAX_ALT_TEXT);
  });
  if (first_comment !== undefined) checkLength(report, `options.${platform}.first_comment`, first_comment, maxComment);
}

function checkLength(report: Report, field: string, text: string, max: number): void {
  const length = lengthOf(text);
  if (normaliseText(text) === "") {
    report.refuse(field, "required", `${field} must say something: leave it out otherwise.`);
  } else if (length > max) {
    const message = `${field} may have at most ${max} characters, and this has ${length}.`;
    report.refuse(field, "too_long", message, { limit: max, value: length });
  }
}

/** What a platform takes of a video, for one kind of post. */
export interface VideoRule extends VideoLimits {
  /** The kind, as a sentence names it: "A reel on Instagram". */
  what: string;
}

export const CONTAINERS: readonly string[] = ["video/mp4", "video/quicktime"];

/** Checks a video against a rule. What the file does not tell is left to the platform. */
export function checkVideo(report: Report, field: string, video: DraftMedia, rule: VideoRule): void {
  const { what } = rule;
  if (!CONTAINERS.includes(video.mimeType)) {
    report.refuse(field, "unsupported", `${what} must be an MP4 or MOV video, and this is ${video.mimeType}.`);
    return;
  }
  if (video.bytes > rule.maxBytes) {
    const message = `${what} may have at most ${megabytes(rule.maxBytes)} MB, and this has ${megabytes(video.bytes)}.`;
    report.refuse(field, "too_large", message, { limit: rule.maxBytes, value: video.bytes });
  }
  checkDuration(report, field, video, rule);
  checkFrames(report, field, video, rule);
  checkCodec(report, field, what, "video", video.videoCodec, rule.videoCodecs);
  checkCodec(report, field, what, "audio", video.audioCodec, rule.audioCodecs);
  if (rule.needsFastStart && video.fastStart === false) {
    const message = `${what} must have its index (moov) before its frames: write the file with "fast start".`;
    report.refuse(field, "unsupported", message);
  }
}

function checkDuration(report: Report, field: string, video: DraftMedia, rule: VideoRule): void {
  if (video.durationMs === null) return;
  const seconds = video.durationMs / 1_000;
  const { minSeconds, maxSeconds, what } = rule;
  if (seconds < minSeconds) {
    const message = `${what} must last at least ${minSeconds} seconds, and this lasts ${seconds}.`;
    report.refuse(field, "too_short", message, { limit: minSeconds, value: seconds });
  } else if (seconds > maxSeconds) {
    const message = `${what} may last at most ${maxSeconds} seconds, and this lasts ${seconds}.`;
    report.refuse(field, "too_long", message, { limit: maxSeconds, value: seconds });
  }
}

function checkFrames(report: Report, field: string, video: DraftMedia, rule: VideoRule): void {
  const { what, minFrameRate = 0, maxFrameRate = Number.POSITIVE_INFINITY } = rule;
  // Rates such as 29.97 and 23.976 stand for the whole number above them.
  const rate = video.frameRate === null ? null : Math.ceil(video.frameRate - 0.01);
  if (rate !== null && (rate < minFrameRate || rate > maxFrameRate)) {
    const limit = `${minFrameRate} to ${maxFrameRate}`;
    const message = `${what} must have ${limit} frames a second, and this has ${video.frameRate}.`;
    report.refuse(field, "out_of_range", message, { limit, value: video.frameRate ?? 0 });
  }
  const size = `${video.width} by ${video.height} pixels`;
  if (video.width > (rule.maxWidth ?? Number.POSITIVE_INFINITY)) {
    const message = `${what} may be at most ${rule.maxWidth} pixels wide, and this has ${size}.`;
    report.refuse(field, "out_of_range", message, { limit: rule.maxWidth ?? 0, value: video.width });
  }
  if (video.width < (rule.minWidth ?? 0) || video.height < (rule.minHeight ?? 0)) {
    const limit = `${rule.minWidth ?? 0} by ${rule.minHeight ?? 0}`;
    const message = `${what} must have at least ${limit} pixels, and this has ${size}.`;
    report.refuse(field, "out_of_range", message, { limit, value: `${video.width} by ${video.height}` });
  }
  const ratio = video.width / video.height;
  if (ratio < (rule.minRatio ?? 0) || ratio > (rule.maxRatio ?? Number.POSITIVE_INFINITY)) {
    report.refuse(field, "out_of_range", `${what} cannot have the aspect ratio of ${size}.`, {
      limit: `${rule.minRatio ?? 0} to ${rule.maxRatio ?? "any"}`,
      value: Number(ratio.toFixed(4)),
    });
  }
}

function checkCodec(
  report: Report,
  field: string,
  what: string,
  track: "video" | "audio",
  codec: string | null,
  taken: readonly string[] | undefined,
): void {
  if (codec === null || taken === undefined || taken.includes(codec)) return;
  const names = taken.map((each) => each.toUpperCase()).join(" or ");
  const message = `${what} must have ${track} in ${names}, and this has ${codec.toUpperCase()}.`;
  report.refuse(field, "unsupported", message, { limit: taken.join(", "), value: codec });
}

function megabytes(bytes: number): number {
  return Number((bytes / 1_000_000).toFixed(1));
}
