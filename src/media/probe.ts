import { boxesIn } from "./boxes.ts";
import { probeJpeg } from "./probe-jpeg.ts";
import { probeGif, probeHeif, probePng, probeWebp } from "./probe-picture.ts";
import { probeVideo } from "./probe-video.ts";
import type { Probed } from "./probed.ts";
import { refused } from "./probed.ts";
import type { RangedFile } from "./ranged-file.ts";
import { ReadingLimit } from "./ranged-file.ts";

const NOT_SUPPORTED =
  "The file is not a JPEG, PNG, GIF, WebP or HEIC picture and not an MP4 or QuickTime video, whatever its name says.";

const HEIC_BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx"];
const HEIF_BRANDS = ["mif1", "msf1"];

/** Finds out what a file is: by its content, whatever its name or type says, and without reading a large one whole. */
export async function probe(file: RangedFile): Promise<Probed> {
  if (file.size === 0) return refused("The file is empty.");
  try {
    return await probeByKind(file);
  } catch (error) {
    if (error instanceof ReadingLimit) return refused("The file is built in a way that takes too much reading.");
    throw error;
  }
}

async function probeByKind(file: RangedFile): Promise<Probed> {
  const head = await file.read(0, 512);
  const text = (from: number, to: number) => String.fromCharCode(...head.subarray(from, to));
  if (text(0, 3) === "\xff\xd8\xff") return probeJpeg(file);
  if (text(0, 8) === "\x89PNG\r\n\x1a\n") return probePng(file);
  if (/^GIF8[79]a$/.test(text(0, 6))) return probeGif(file);
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return probeWebp(file);
  if (text(4, 8) === "ftyp") return probeBoxes(file, brandsOf(head));
  return refused(NOT_SUPPORTED);
}

function probeBoxes(file: RangedFile, brands: string[]): Probed | Promise<Probed> {
  const [major = ""] = brands;
  // An AVIF picture may have a major brand that says no more than that it is a picture.
  if (brands.includes("avif") || major.startsWith("3g")) return refused(NOT_SUPPORTED);
  if (HEIC_BRANDS.includes(major)) return probeHeif(file, "image/heic");
  if (HEIF_BRANDS.includes(major)) return probeHeif(file, "image/heif");
  return probeVideo(file);
}

/** The major brand, then those it is compatible with; the first box is `ftyp`. */
function brandsOf(head: Uint8Array): string[] {
  const [ftyp] = boxesIn(head, 0, head.byteLength);
  const text = String.fromCharCode(...head.subarray(8, ftyp?.end ?? 12));
  // Between the two stands the major brand's version.
  return [text.slice(0, 4), ...(text.slice(8).match(/.{4}/gs) ?? [])];
}
