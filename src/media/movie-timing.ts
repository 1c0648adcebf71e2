import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { Box } from "./boxes.ts";
import { boxesIn } from "./boxes.ts";

/*
 * How long a movie is and how fast its frames follow each other, by its index (`moov`, ISO/IEC 14496-12, 8). Read here
 * and not by the library, which unrolls the tables of frames: a few bytes that claim billions would keep it busy for
 * ever. This reads every byte once at most.
 */

export interface MovieTiming {
  /** Null where the index does not say. */
  durationMs: Millis | null;
  frameRate: number | null;
}

/** @param moov the content of the box */
export function movieTiming(moov: Uint8Array): MovieTiming {
  const view = new DataView(moov.buffer, moov.byteOffset, moov.byteLength);
  const children = boxesIn(moov, 0, moov.byteLength);
  return {
    durationMs: durationOf(
      view,
      children.find(({ name }) => name === "mvhd"),
    ),
    frameRate: frameRateOf(
      view,
      childrenOf(moov, children, ["trak", "mdia"]).find((media) => isVideo(moov, media)),
    ),
  };
}

function durationOf(view: DataView, header: Box | undefined): Millis | null {
  const clock = header && clockOf(view, header);
  if (!clock || clock.duration === 0 || clock.timescale === 0) return null;
  return Math.round((clock.duration / clock.timescale) * SECOND);
}

/** Of the whole track: how many frames there are in how many ticks of its clock. */
function frameRateOf(view: DataView, media: Box | undefined): number | null {
  if (!media) return null;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const [header] = childrenOf(bytes, [media], ["mdia", "mdhd"]);
  const [runs] = childrenOf(bytes, [media], ["mdia", "minf", "stbl", "stts"]);
  const clock = header && clockOf(view, header);
  if (!clock || !runs) return null;
  let frames = 0;
  let ticks = 0;
  // After version, flags and the number of entries stand pairs: how many frames, and how long each.
  for (let at = runs.content + 8; at + 8 <= runs.end; at += 8) {
    frames += view.getUint32(at);
    ticks += view.getUint32(at) * view.getUint32(at + 4);
  }
  const rate = (frames / ticks) * clock.timescale;
  return Number.isFinite(rate) && rate > 0 ? Math.round(rate * 1_000) / 1_000 : null;
}

/** Ticks a second, and the duration in ticks, as `mvhd` and `mdhd` say them; null where there is not room for them. */
function clockOf(view: DataView, header: Box): { timescale: number; duration: number } | null {
  const isLong = header.end > header.content && view.getUint8(header.content) === 1;
  if (header.end < header.content + (isLong ? 32 : 20)) return null;
  return isLong
    ? { timescale: view.getUint32(header.content + 20), duration: Number(view.getBigUint64(header.content + 24)) }
    : { timescale: view.getUint32(header.content + 12), duration: view.getUint32(header.content + 16) };
}

function isVideo(bytes: Uint8Array, media: Box): boolean {
  const [handler] = childrenOf(bytes, [media], ["mdia", "hdlr"]);
  return (
    handler !== undefined &&
    String.fromCharCode(...bytes.subarray(handler.content + 8, handler.content + 12)) === "vide"
  );
}

/** Goes down a path of names, the first of which is the parents' own. */
function childrenOf(bytes: Uint8Array, parents: Box[], [own, ...path]: string[]): Box[] {
  return path.reduce(
    (boxes, name) =>
      boxes.flatMap((box) => boxesIn(bytes, box.content, box.end).filter((child) => child.name === name)),
    parents.filter((box) => box.name === own),
  );
}
