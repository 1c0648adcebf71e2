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
  return probeHead(file, "image/png", "PNG picture");
}

export async function probeGif(file: RangedFile): Promise<Probed> {
  const tail = await file.read(Math.max(0, file.size - TAIL), TAIL);
  // Some writers fill up with zeros.
  if (tail.findLast((byte) => byte !== 0) !== GIF_TRAILER) return truncated("GIF picture");
  return probeHead(file, "image/gif", "GIF picture");
}

export async function probeWebp(file: RangedFile): Promise<Probed> {
  const head = await file.read(0, 8);
  const size = new DataView(head.buffer, head.byteOffset).getUint32(4, true);
  if (8 + size > file.size) return truncated("WebP picture");
  return probeHead(file, "image/webp", "WebP picture");
}

/** HEIC and its like: a `meta` box describes what the `mdat` box holds. */
export async function probeHeif(file: RangedFile, mimeType: "image/heic" | "image/heif"): Promise<Probed> {
  const top = await topLevelBoxes(file);
  const boxOf = (name: string) => (top.is === "boxes" ? top.boxes.find((box) => box.name === name) : undefined);
  if (top.is === "truncated" || (top.is === "boxes" && !boxOf("mdat"))) return truncated("HEIC picture");
  const meta = boxOf("meta");
  if (!meta) return refused("The HEIC picture is damaged: it has no readable header.");
  const head = await file.read(0, Math.max(meta.end, HEAD));
  return probeHead(file, mimeType, "HEIC picture", isTurned(head, meta.content, meta.end));
}

/** Whether an `irot` property turns the picture by a quarter: an odd number of times (ISO/IEC 23008-12, 6.5.10). */
function isTurned(head: Uint8Array, from: number, to: number): boolean {
  // `meta` has a version and flags before its boxes.
  const iprp = boxesIn(head, from + 4, to).find((box) => box.name === "iprp");
  const ipco = iprp && boxesIn(head, iprp.content, iprp.end).find((box) => box.name === "ipco");
  const irot = ipco && boxesIn(head, ipco.content, ipco.end).find((box) => box.name === "irot");
  return irot !== undefined && ((head[irot.content] ?? 0) & 1) === 1;
}

async function probeHead(file: RangedFile, mimeType: string, kind: string, isTurned = false): Promise<Probed> {
  const head = await file.read(0, HEAD);
  try {
    const { width, height, orientation } = imageSize(head);
    return pictureFacts(mimeType, width, height, { isSideways: isTurned || isSideways(orientation) });
  } catch {
    // The library's way of saying that the bytes make no sense to it.
    return refused(`The ${kind} is damaged: it has no readable header.`);
  }
}
