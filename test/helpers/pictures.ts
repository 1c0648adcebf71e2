/**
 * A JPEG of the given size, as far as a reader of headers looks: start, a frame header with the size, and an end.
 *
 * @param padding bytes of comment, for files that must be large
 */
export function jpeg(width: number, height: number, padding = 0): Uint8Array<ArrayBuffer> {
  const comments: number[][] = [];
  for (let left = padding; left > 0; left -= 60_000) {
    const size = Math.min(left, 60_000);
    comments.push([0xff, 0xfe, ((size + 2) >> 8) & 0xff, (size + 2) & 0xff, ...new Array<number>(size).fill(0x20)]);
  }
  const bytes = [
    [0xff, 0xd8],
    [0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x00, 0x00, 0x48, 0x00, 0x48, 0x00, 0x00],
    ...comments,
    [0xff, 0xc0, 0x00, 0x11, 0x08, height >> 8, height & 0xff, width >> 8, width & 0xff, 0x03],
    [0x01, 0x11, 0x00, 0x02, 0x11, 0x01, 0x03, 0x11, 0x01],
    [0xff, 0xd9],
  ];
  return Uint8Array.from(bytes.flat());
}

/** A PNG of the given size, as far as a reader of headers looks. */
export function png(width: number, height: number): Uint8Array<ArrayBuffer> {
  const size = (value: number) => [(value >> 24) & 0xff, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
    ...size(width),
    ...size(height),
    ...[8, 2, 0, 0, 0, 0, 0, 0, 0],
  ]);
}
