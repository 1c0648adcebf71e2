import { disableTypes, imageSize, types } from "image-size";
import { boxesIn, topLevelBoxes } from "./boxes.ts";
import type { Probed } from "./probed.ts";
import { isSideways, pictureFacts, refused, truncated } from "./probed.ts";
import type { RangedFile } from "./ranged-file.ts";
import { contains } from "./ranged-file.ts";

/*
 * Pictures whose size stands at their start.
 */

// The library's other parsers need not see a stranger's bytes.
const PARSED = ["jpg", "png", "gif", "webp", "heif"];
disableTypes(types.filter((type) => !PARSED.includes(type)));

const HEAD = 256 * 1024;
const TAIL = 64 * 1024;
/** The name of the last chunk, and its checksum. */
const PNG_END = [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];
const GIF_TRAILER = 0x3b;

export async function probePng(file: RangedFile): Promise<Probed> {
  if (!(await contains(file, Math.max(0, file.size - TAIL), PNG_END))) return truncated("PNG picture");
  return measure(await file.read(0, HEAD), "image/png", "PNG picture");
}

export async function probeGif(file: RangedFile): Promise<Probed> {
  const tail = await file.read(Math.max(0, file.size - TAIL), TAIL);
  // Some writers fill up with zeros.
  if (tail.findLast((byte) => byte !== 0) !== GIF_TRAILER) return truncated("GIF picture");
  return measure(await file.read(0, HEAD), "image/gif", "GIF picture");
}

export async function probeWebp(file: RangedFile): Promise<Probed> {
  const head = await file.read(0, 8);
  const size = new DataView(head.buffer, head.byteOffset).getUint32(4, true);
  if (8 + size > file.size) return truncated("WebP picture");
  return measure(await file.read(0, HEAD), "image/webp", "WebP picture");
}

/** HEIC and its like: a `meta` box describes what the `mdat` box holds. */
export async function probeHeif(file: RangedFile, mimeType: "image/heic" | "image/heif"): Promise<Probed> {
  const top = await topLevelBoxes(file);
  if (top.is === "truncated") return truncated("HEIC picture");
  const boxOf = (name: string) => (top.is === "boxes" ? top.boxes.find((box) => box.name === name) : undefined);
  const [ftyp, meta, mdat] = [boxOf("ftyp"), boxOf("meta"), boxOf("mdat")];
  if (ftyp && !mdat) return truncated("HEIC picture");
  if (!ftyp || !meta) return refused(damaged("HEIC picture"));
  const [typeBytes, metaBytes] = [ftyp.end - ftyp.start, meta.end - meta.start];
  // What tells of the picture and nothing else, wherever it stands in the file.
  const head = new Uint8Array(typeBytes + metaBytes);
  head.set(await file.read(ftyp.start, typeBytes));
  head.set(await file.read(meta.start, metaBytes), typeBytes);
  const description = head.subarray(typeBytes);
  return measure(head, mimeType, "HEIC picture", isTurned(description));
}

/** Whether an `irot` property turns the picture by a quarter: an odd number of times (ISO/IEC 23008-12, 6.5.10). */
function isTurned(description: Uint8Array): boolean {
  const [meta] = boxesIn(description, 0, description.byteLength);
  // `meta` has a version and flags before its boxes.
  const iprp = meta && boxesIn(description, meta.content + 4, meta.end).find((box) => box.name === "iprp");
  const ipco = iprp && boxesIn(description, iprp.content, iprp.end).find((box) => box.name === "ipco");
  const irot = ipco && boxesIn(description, ipco.content, ipco.end).find((box) => box.name === "irot");
  return irot !== undefined && ((description[irot.content] ?? 0) & 1) === 1;
}

/** @param head what stands at the picture's start */
function measure(head: Uint8Array, mimeType: string, kind: string, isTurned = false): Probed {
  try {
    const { width, height, orientation } = imageSize(head);
    return pictureFacts(mimeType, width, height, { isSideways: isTurned || isSideways(orientation) });
  } catch {
    // The library's way of saying that the bytes make no sense to it.
    return refused(damaged(kind));
  }
}

function damaged(kind: string): string {
  return `The ${kind} is damaged: it has no readable header.`;
}
