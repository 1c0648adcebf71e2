/** What a made-up video is, as far as a reader of its boxes looks. */
export interface MovieOptions {
  seconds?: number;
  width?: number;
  height?: number;
  /** The sample entry of its picture track, and of its sound. */
  codec?: string;
  sound?: string;
  brand?: string;
  /** Whether `moov` stands before `mdat`, as streaming wants it. */
  startsFast?: boolean;
  /** Filmed upright by a camera that lies: the size is turned by the track's matrix. */
  isTurned?: boolean;
  /** Bytes of `mdat`, for files that must be large. */
  payload?: number;
}

/** An MP4 that holds no pictures: `ftyp`, `moov` with a track of each kind, and an `mdat` of zeros. */
export function movie(options: MovieOptions = {}): Uint8Array<ArrayBuffer> {
  const { seconds = 10, width = 1080, height = 1920, codec = "avc1", sound = "mp4a", isTurned = false } = options;
  const { brand = "isom", startsFast = true, payload = 64 } = options;
  const ftyp = box("ftyp", text(brand), u32(512), text("isom"));
  const mvhd = box("mvhd", zeros(12), u32(1_000), u32(Math.round(seconds * 1_000)), zeros(80));
  const matrix = isTurned
    ? [zeros(4), u32(0x10000), zeros(4), u32(0xffff0000), zeros(20)]
    : [u32(0x10000), zeros(12), u32(0x10000), zeros(12), u32(0x40000000)];
  const [shownWidth, shownHeight] = isTurned ? [height, width] : [width, height];
  const tkhd = box("tkhd", zeros(40), ...matrix, u32(shownWidth << 16), u32(shownHeight << 16));
  const pictures = box("trak", tkhd, track(codec));
  const noise = box("trak", box("tkhd", zeros(84)), track(sound));
  const moov = box("moov", mvhd, pictures, noise);
  const mdat = box("mdat", zeros(payload));
  return join(startsFast ? [ftyp, moov, mdat] : [ftyp, mdat, moov]);
}

function track(codec: string): Uint8Array<ArrayBuffer> {
  const stsd = box("stsd", zeros(4), u32(1), box(codec, zeros(70)));
  return box("mdia", box("minf", box("stbl", stsd)));
}

function box(type: string, ...content: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const body = join(content);
  return join([u32(body.byteLength + 8), text(type), body]);
}

function u32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function text(value: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}

function zeros(count: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(count);
}

function join(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.byteLength;
  }
  return joined;
}
