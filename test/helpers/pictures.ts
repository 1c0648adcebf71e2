/** How a test picture deviates from the plain one. */
export interface JpegOptions {
  /** Bytes of comment before the frame header, for files that must be large. */
  padding?: number;
  /** How many colour components its frame has: 1 gray, 3 colour, 4 CMYK. */
  components?: 1 | 3 | 4;
  /** As in EXIF: 6 lies on its side. */
  orientation?: number;
}

/**
 * A JPEG of the given size, as far as a reader of headers looks: start, a frame header with the size, a scan of a few
 * bytes, and an end.
 *
 * @param padding bytes of comment, for files that must be large
 */
export function jpeg(width: number, height: number, options: number | JpegOptions = {}): Uint8Array<ArrayBuffer> {
  const { padding = 0, components = 3, orientation } = typeof options === "number" ? { padding: options } : options;
  const comments = Array.from({ length: Math.ceil(padding / 60_000) }, (_, index) =>
    Uint8Array.from(segment(0xfe, new Array(Math.min(padding - index * 60_000, 60_000)).fill(0x20))),
  );
  const frame = Array.from({ length: components }, (_, index) => [index + 1, 0x11, 0]).flat();
  const scan = Array.from({ length: components }, (_, index) => [index + 1, 0]).flat();
  return concat([
    Uint8Array.from([0xff, 0xd8]),
    Uint8Array.from(segment(0xe0, [...ascii("JFIF\0"), 1, 1, 0, 0, 0x48, 0, 0x48, 0, 0])),
    Uint8Array.from(orientation === undefined ? [] : segment(0xe1, exif(orientation))),
    ...comments,
    Uint8Array.from(segment(0xc0, [8, ...u16(height), ...u16(width), components, ...frame])),
    Uint8Array.from([...segment(0xda, [components, ...scan, 0, 63, 0]), 0x12, 0x34, 0x56]),
    Uint8Array.from([0xff, 0xd9]),
  ]);
}

function concat(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  parts.reduce((offset, part) => {
    whole.set(part, offset);
    return offset + part.byteLength;
  }, 0);
  return whole;
}

function segment(marker: number, content: number[]): number[] {
  return [0xff, marker, ...u16(content.length + 2), ...content];
}

/** EXIF with one entry, the orientation; big-endian. */
function exif(orientation: number): number[] {
  const entry = [...u16(0x0112), ...u16(3), ...u32(1), ...u16(orientation), 0, 0];
  return [...ascii("Exif\0\0MM"), 0, 42, ...u32(8), ...u16(1), ...entry, ...u32(0)];
}

/** A PNG of the given size, as far as a reader of headers looks. */
export function png(width: number, height: number): Uint8Array<ArrayBuffer> {
  const checksum = (name: string) => (name === "IEND" ? [0xae, 0x42, 0x60, 0x82] : [0, 0, 0, 0]);
  const chunk = (name: string, content: number[]) => [
    ...[...u32(content.length), ...ascii(name)],
    ...[...content, ...checksum(name)],
  ];
  return Uint8Array.from([
    ...[0x89, ...ascii("PNG\r\n\x1a\n")],
    ...chunk("IHDR", [...u32(width), ...u32(height), 8, 2, 0, 0, 0]),
    ...chunk("IDAT", [0]),
    ...chunk("IEND", []),
  ]);
}

/** A GIF of the given size, as far as a reader of headers looks. */
export function gif(width: number, height: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...ascii("GIF89a"), ...u16(width).reverse(), ...u16(height).reverse(), 0, 0, 0, 0x3b]);
}

/** A WebP of the given size, as far as a reader of headers looks. */
export function webp(width: number, height: number): Uint8Array<ArrayBuffer> {
  const size = (value: number) =>
    u32(value - 1)
      .reverse()
      .slice(0, 3);
  const content = [...ascii("WEBPVP8X"), ...u32(10).reverse(), 0, 0, 0, 0, ...size(width), ...size(height)];
  return Uint8Array.from([...ascii("RIFF"), ...u32(content.length).reverse(), ...content]);
}

/**
 * A HEIC picture, as far as a reader of its boxes looks.
 *
 * @param quarterTurns how often it is to be turned before it is shown
 */
export function heic(width: number, height: number, quarterTurns = 0): Uint8Array<ArrayBuffer> {
  const properties = [
    ...box("ispe", [0, 0, 0, 0, ...u32(width), ...u32(height)]),
    ...(quarterTurns === 0 ? [] : box("irot", [quarterTurns])),
  ];
  return Uint8Array.from([
    ...box("ftyp", [...ascii("heic"), 0, 0, 0, 0, ...ascii("mif1heic")]),
    ...box("meta", [0, 0, 0, 0, ...box("iprp", box("ipco", properties))]),
    ...box("mdat", new Array(64).fill(0)),
  ]);
}

function box(name: string, content: number[]): number[] {
  return [...u32(content.length + 8), ...ascii(name), ...content];
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value)];
}
