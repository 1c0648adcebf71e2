import { GraphFailure } from "../graph/answers.ts";

/*
 * The errors of Instagram's content publishing, with the codes and subcodes of its error page. All come under HTTP 400.
 */

/** Code, subcode, message, and what a person would be shown. */
type Fault = readonly [code: number, subcode: number, message: string, title?: string, userMessage?: string];

const FAULTS = {
  media_timed_out: [-2, 2207003, "Timed out while downloading the media.", "Timeout", "The download took too long."],
  thumb_offset: [
    1,
    2207057,
    "Thumbnail offset out of range.",
    "Invalid thumbnail offset",
    "The thumbnail offset must be at least 0 and less than the video's duration.",
  ],
  quota: [
    9,
    2207042,
    "Application request limit reached",
    "Too many posts",
    "You have posted as often as the API lets you.",
  ],
  child_missing: [24, 2207006, "The media with the given id cannot be found."],
  container_missing: [
    24,
    2207008,
    "The media builder with creation id is missing or expired.",
    "Media not found",
    "The media you are trying to publish does not exist or has expired.",
  ],
  media_type: [100, 2207023, "The media type is unknown."],
  carousel_size: [100, 2207028, "A carousel needs 2 to 10 items."],
  mentions: [100, 2207040, "Cannot use more than 20 tags"],
  video_format: [352, 2207026, "The video format is not supported."],
  media_unreachable: [
    9004,
    2207052,
    "Only photo or video can be accepted as media type.",
    "Media download has failed",
    "The media could not be fetched from this URI.",
  ],
  not_ready: [9007, 2207027, "Media ID is not available", "Cannot publish", "The media is not ready for publishing."],
  image_size: [36000, 2207004, "The image size is too large."],
  image_format: [36001, 2207005, "The image format is not supported."],
  image_ratio: [36003, 2207009, "The submitted image's aspect ratio is not supported."],
  caption: [36004, 2207010, "The submitted caption is too long."],
} as const satisfies Record<string, Fault>;

export type InstagramFault = keyof typeof FAULTS;

export function instagramFailure(fault: InstagramFault): GraphFailure {
  const [code, subcode, message, title, userMessage]: Fault = FAULTS[fault];
  return new GraphFailure(code, subcode, message, {
    ...(title === undefined ? {} : { title }),
    ...(userMessage === undefined ? {} : { userMessage }),
  });
}

export function subcodeOf(fault: InstagramFault): number {
  return FAULTS[fault][1];
}
