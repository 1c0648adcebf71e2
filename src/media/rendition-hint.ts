import type { PlatformId } from "../lib/vocabulary.ts";
import type { DraftMedia } from "../platforms/platform.ts";
import { isVideo } from "../platforms/platform.ts";

/** What is looked at to say whether a rendition can be made. */
export type RenditionSource = Pick<DraftMedia, "mimeType" | "bytes" | "width" | "height" | "colorSpace">;

/** `reason` is a sentence for the client, with what to do instead. */
export type RenditionHint = { possible: true } | { possible: false; reason: string };

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media */
export const INSTAGRAM_WIDTHS = { min: 320, max: 1440 } as const;
export const INSTAGRAM_MAX_BYTES = 8 * 1024 * 1024;

/** What Cloudflare Images reads. https://developers.cloudflare.com/images/get-started/limits/ */
const READABLE = { bytes: 100_000_000, pixels: 100_000_000, side: 12_000 } as const;

const VIDEO = "Videos are not converted. Convert it before you upload it: MP4 with H.264 and AAC.";
const HEIC = "HEIC pictures are not converted. Export the picture as JPEG and upload that.";

/**
 * Says whether a rendition of media can be made that a platform takes. The aspect ratio stays as it is: how to crop is
 * not ours to say, and a story takes any.
 *
 * @returns null when there is nothing to be made: the platform takes the picture as it is, or takes no renditions
 */
export function renditionHint(media: RenditionSource, platform: PlatformId): RenditionHint | null {
  if (platform !== "instagram") return null;
  if (isVideo(media)) return { possible: false, reason: VIDEO };
  if (fitsInstagram(media)) return null;
  if (/^image\/hei[cf]$/.test(media.mimeType)) return { possible: false, reason: HEIC };
  const { width, height } = media;
  const isReadable =
    media.bytes <= READABLE.bytes && width * height <= READABLE.pixels && Math.max(width, height) <= READABLE.side;
  if (isReadable) return { possible: true };
  const reason = `Pictures of more than ${READABLE.side} pixels a side, 100 megapixels or 100 MB are not converted. Make it smaller first.`;
  return { possible: false, reason };
}

function fitsInstagram({ mimeType, bytes, width, colorSpace }: RenditionSource): boolean {
  const hasWidth = width >= INSTAGRAM_WIDTHS.min && width <= INSTAGRAM_WIDTHS.max;
  return mimeType === "image/jpeg" && bytes <= INSTAGRAM_MAX_BYTES && hasWidth && colorSpace !== "cmyk";
}
