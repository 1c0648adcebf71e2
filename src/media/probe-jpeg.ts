import { imageSize } from "image-size";
import type { ColorSpace } from "../lib/vocabulary.ts";
import type { Probed } from "./probed.ts";
import { isSideways, pictureFacts, refused, truncated } from "./probed.ts";
import type { RangedFile } from "./ranged-file.ts";
import { contains } from "./ranged-file.ts";

/*
 * JPEG (ITU-T T.81, annex B): segments up to the scan, each with a marker and a length, then the scan, then an end
 * marker. What stands before the frame header may be megabytes: EXIF, thumbnails, depth maps.
 */

const START_OF_SCAN = 0xda;
const APP1 = 0xe1;
const END_OF_IMAGE = [0xff, 0xd9];
/** Behind the end marker some cameras put something of their own. */
const TAIL = 64 * 1024;

const COLOR_SPACE_OF_COMPONENTS: Readonly<Record<number, ColorSpace>> = { 1: "gray", 3: "rgb", 4: "cmyk" };

const DAMAGED = "The JPEG picture is damaged: it has no readable header.";

export async function probeJpeg(file: RangedFile): Promise<Probed> {
  const header = await readHeader(file);
  if (header === "truncated") return truncated("JPEG picture");
  if (header === "damaged") return refused(DAMAGED);
  const { frame, exif, scan } = header;
  const hasEnd =
    (await contains(file, Math.max(scan, file.size - TAIL), END_OF_IMAGE)) ||
    (await contains(file, scan, END_OF_IMAGE));
  if (!hasEnd) return truncated("JPEG picture");
  // After marker, length and precision (B.2.2).
  const [height = 0, width = 0] = [5, 7].map((at) => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0));
  const colorSpace = COLOR_SPACE_OF_COMPONENTS[frame[9] ?? 0] ?? null;
  return pictureFacts("image/jpeg", width, height, { isSideways: isSideways(orientationOf(exif)), colorSpace });
}

interface Header {
  /** The whole segments, from their markers on. */
  frame: Uint8Array;
  exif: Uint8Array | null;
  /** Where the first scan starts. */
  scan: number;
}

async function readHeader(file: RangedFile): Promise<Header | "truncated" | "damaged"> {
  let frame: Uint8Array | null = null;
  let exif: Uint8Array | null = null;
  for (let offset = 2; ; ) {
    const [prefix, marker = 0, high = 0, low = 0] = await file.read(offset, 4);
    const length = (high << 8) | low;
    if (prefix === undefined || offset + 4 > file.size) return "truncated";
    if (prefix !== 0xff) return "damaged";
    if (marker === 0xff) {
      // A fill byte.
      offset += 1;
      continue;
    }
    if (marker === START_OF_SCAN) return frame ? { frame, exif, scan: offset } : "damaged";
    if (marker === END_OF_IMAGE[1] || length < 2) return "damaged";
    if (isFrame(marker)) frame = (await file.read(offset, 2 + length)).slice();
    if (marker === APP1 && exif === null) exif = await readExif(file, offset, length);
    offset += 2 + length;
  }
}

/** @returns null when the segment holds something else: APP1 is also used for XMP */
async function readExif(file: RangedFile, offset: number, length: number): Promise<Uint8Array | null> {
  const segment = await file.read(offset, 2 + length);
  return String.fromCharCode(...segment.subarray(4, 8)) === "Exif" ? segment.slice() : null;
}

/** SOF0 to SOF15, without the three numbers among them that mark something else. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

const EMPTY_APP0 = [0xff, 0xe0, 0, 2];
const ANY_FRAME = [0xff, 0xc0, 0, 8, 8, 0, 1, 0, 1, 0];

/** Reads the orientation, by a JPEG that holds nothing else: the library wants a whole one. */
function orientationOf(exif: Uint8Array | null): number | undefined {
  if (!exif) return undefined;
  try {
    return imageSize(Uint8Array.from([0xff, 0xd8, ...EMPTY_APP0, ...exif, ...ANY_FRAME, ...END_OF_IMAGE])).orientation;
  } catch {
    // EXIF that makes no sense: the picture is shown as it is stored.
    return undefined;
  }
}
