import type { Millis } from "../lib/clock.ts";
import type { ColorSpace } from "../lib/vocabulary.ts";

/** What a file is, by its content. Sizes in pixels, as it is shown. */
export interface MediaFacts {
  mimeType: string;
  width: number;
  height: number;
  /** Videos only; null where the file does not tell. */
  durationMs: Millis | null;
  frameRate: number | null;
  videoCodec: string | null;
  audioCodec: string | null;
  fastStart: boolean | null;
  /** Pictures only, where the file tells. */
  colorSpace: ColorSpace | null;
}

/** `reason` is a sentence for the client. */
export type Probed = { is: "media"; facts: MediaFacts } | { is: "refused"; reason: string };

export function refused(reason: string): Probed {
  return { is: "refused", reason };
}

/** @param kind as a sentence names it */
export function truncated(kind: string): Probed {
  return refused(`The ${kind} is truncated: its end is missing.`);
}

/** @param isSideways whether it is stored lying on its side */
export function pictureFacts(
  mimeType: string,
  width: number,
  height: number,
  { isSideways = false, colorSpace = null }: { isSideways?: boolean; colorSpace?: ColorSpace | null } = {},
): Probed {
  if (width <= 0 || height <= 0) return refused("The picture has no pixels.");
  const facts = {
    mimeType,
    width: isSideways ? height : width,
    height: isSideways ? width : height,
    durationMs: null,
    frameRate: null,
    videoCodec: null,
    audioCodec: null,
    fastStart: null,
    colorSpace,
  };
  return { is: "media", facts };
}

/** EXIF orientations that show a picture lying on its side. */
export function isSideways(orientation: number | undefined): boolean {
  return [5, 6, 7, 8].includes(orientation ?? 1);
}
