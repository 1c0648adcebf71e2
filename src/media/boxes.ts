import type { RangedFile } from "./ranged-file.ts";

/*
 * The boxes that MP4, QuickTime and HEIC files are made of (ISO/IEC 14496-12, 4.2): a size, a name of four letters and
 * what is in it.
 */

export interface Box {
  name: string;
  start: number;
  /** Where its content starts, after size and name. */
  content: number;
  /** Where the next box starts; beyond the end of what is read when the box was cut off. */
  end: number;
}

const MAX_BOXES = 256;

export type TopLevel = { is: "boxes"; boxes: Box[] } | { is: "truncated" } | { is: "malformed" };

/** Lists the boxes of a file's top level, by their headers alone. */
export async function topLevelBoxes(file: RangedFile): Promise<TopLevel> {
  const boxes: Box[] = [];
  for (let start = 0; start < file.size; ) {
    const box = readBox(await file.read(start, 16), 0, file.size - start);
    if (box === "cut off") return { is: "truncated" };
    if (box === "malformed" || boxes.length === MAX_BOXES) return { is: "malformed" };
    const end = start + box.end;
    if (end > file.size) return { is: "truncated" };
    boxes.push({ name: box.name, start, content: start + box.content, end });
    start = end;
  }
  return { is: "boxes", boxes };
}

/** The boxes between two offsets of what was read; none from the first on that makes no sense. */
export function boxesIn(bytes: Uint8Array, from: number, to: number): Box[] {
  const boxes: Box[] = [];
  for (let start = from; start < to; ) {
    const box = readBox(bytes, start, to - start);
    if (typeof box === "string" || box.end > to) break;
    boxes.push(box);
    start = box.end;
  }
  return boxes;
}

/** @param room how many bytes there are from the box's start to the end of what it lies in */
function readBox(bytes: Uint8Array, start: number, room: number): Box | "cut off" | "malformed" {
  if (room < 8 || bytes.byteLength - start < 8) return "cut off";
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  const name = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
  if (!/^[\x20-\x7e\xa9]{4}$/.test(name)) return "malformed";
  let size = view.getUint32(0);
  let header = 8;
  if (size === 1) {
    if (view.byteLength < 16) return "cut off";
    size = Number(view.getBigUint64(8));
    header = 16;
  }
  // "To the end of the file."
  if (size === 0) size = room;
  if (size < header) return "malformed";
  return { name, start, content: start + header, end: start + size };
}
