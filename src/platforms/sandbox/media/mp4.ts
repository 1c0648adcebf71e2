/*
 * Reads of an MP4 or MOV file what a platform looks at, box by box and chunk by chunk, so that neither a large file nor
 * the bytes of an upload session have to be kept. Boxes are those of ISO/IEC 14496-12.
 */

/** How far a file was read. Plain data, so that it can be stored between two chunks. */
export interface VideoScan {
  /** How many bytes have been seen. */
  bytes: number;
  /** How many of the next bytes are of no interest. Infinity: all that follow. */
  skip: number;
  /** The beginning of a box that has not arrived whole. */
  pending: Uint8Array;
  verdict: "unknown" | "video" | "other";
  /** Which of the two comes first. */
  first: "moov" | "mdat" | null;
  durationMs: number | null;
  width: number;
  height: number;
  /** The sample entries of its tracks, such as `avc1` and `mp4a`. */
  codecs: string[];
}

export const NOTHING_SCANNED: VideoScan = {
  bytes: 0,
  skip: 0,
  pending: new Uint8Array(0),
  verdict: "unknown",
  first: null,
  durationMs: null,
  width: 0,
  height: 0,
  codecs: [],
};

/** Boxes that only hold others. */
const CONTAINERS = ["moov", "trak", "mdia", "minf", "stbl"];
/** Boxes that are read, by how many bytes of them are needed at most. */
const READ: Record<string, number> = { ftyp: 12, mvhd: 40, tkhd: 104, stsd: 24 };
/** What a QuickTime file older than `ftyp` may begin with. */
const OLD_BEGINNINGS = ["moov", "mdat", "wide", "free", "skip"];
/** Brands of files with moving pictures: HEIC and AVIF pictures and M4A sound have the same form. */
const VIDEO_BRANDS = /^(iso[\dm]|mp4\d|avc1|qt {2}|M4V[ HP]|MSNV|dash|3g[p2].|f4v )$/;

/** Reads on. What is given is left as it is. */
export function scanVideo(before: VideoScan, chunk: Uint8Array): VideoScan {
  const scan = { ...before, codecs: [...before.codecs], bytes: before.bytes + chunk.byteLength };
  let rest = before.pending.byteLength === 0 ? chunk : join(before.pending, chunk);
  for (;;) {
    const passed = Math.min(scan.skip, rest.byteLength);
    scan.skip -= passed;
    rest = rest.subarray(passed);
    if (scan.skip > 0 || rest.byteLength < 8 || !readBox(scan, rest)) break;
  }
  scan.pending = rest.slice();
  return scan;
}

/** What a scanned file is; null when it is no MP4 or MOV, or not a whole one. */
export function scannedVideo(scan: VideoScan) {
  const isWhole = (scan.skip === 0 || scan.skip === Number.POSITIVE_INFINITY) && scan.pending.byteLength === 0;
  if (scan.verdict !== "video" || !isWhole || scan.durationMs === null) return null;
  const { bytes, durationMs, width, height, codecs } = scan;
  return { bytes, durationMs, width, height, codecs, startsFast: scan.first === "moov" };
}
export type VideoFacts = NonNullable<ReturnType<typeof scannedVideo>>;

/** Takes in the box at the beginning of the bytes, and says in `skip` how to get past it. False: more are needed. */
function readBox(scan: VideoScan, bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = textAt(bytes, 4);
  const isLong = view.getUint32(0) === 1;
  if (isLong && bytes.byteLength < 16) return false;
  const size = isLong ? Number(view.getBigUint64(8)) : view.getUint32(0) || Number.POSITIVE_INFINITY;
  const needed = Math.min(READ[type] ?? 8, size);
  if (bytes.byteLength < needed) return false;
  if (scan.verdict === "unknown") scan.verdict = beginsAsVideo(type, bytes) ? "video" : "other";
  if (scan.verdict === "other" || size < 8) {
    scan.verdict = "other";
    scan.skip = Number.POSITIVE_INFINITY;
    return true;
  }
  if (type === "moov" || type === "mdat") scan.first ??= type;
  if (type === "mvhd" && needed >= 28) readMovieHeader(scan, view, needed);
  if (type === "tkhd" && needed >= 92) readTrackHeader(scan, view, needed);
  if (type === "stsd" && needed >= 24) scan.codecs.push(textAt(bytes, 20));
  scan.skip = CONTAINERS.includes(type) ? (isLong ? 16 : 8) : size;
  return true;
}

function beginsAsVideo(type: string, bytes: Uint8Array): boolean {
  return type === "ftyp" ? VIDEO_BRANDS.test(textAt(bytes, 8)) : OLD_BEGINNINGS.includes(type);
}

function readMovieHeader(scan: VideoScan, view: DataView, length: number): void {
  const isWide = view.getUint8(8) === 1 && length >= 40;
  const timescale = view.getUint32(isWide ? 28 : 20);
  const duration = isWide ? Number(view.getBigUint64(32)) : view.getUint32(24);
  scan.durationMs = timescale === 0 ? 0 : Math.round((duration / timescale) * 1_000);
}

/** The picture's size, turned as its matrix says: a phone held upright films lying down and notes a rotation. */
function readTrackHeader(scan: VideoScan, view: DataView, length: number): void {
  const shift = view.getUint8(8) === 1 && length >= 104 ? 12 : 0;
  const [width, height] = [view.getUint16(84 + shift), view.getUint16(88 + shift)];
  if (width === 0 || height === 0) return;
  const isTurned = view.getInt32(52 + shift) !== 0;
  scan.width = isTurned ? height : width;
  scan.height = isTurned ? width : height;
}

function textAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.byteLength + b.byteLength);
  joined.set(a);
  joined.set(b, a.byteLength);
  return joined;
}
