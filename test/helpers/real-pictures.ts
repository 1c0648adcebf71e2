/*
 * Pictures that a decoder reads, and not only a reader of headers.
 */

/** A PNG of one colour, with an alpha channel. */
export async function realPng(
  width: number,
  height: number,
  [red, green, blue, alpha]: [number, number, number, number] = [200, 40, 30, 255],
): Promise<Uint8Array<ArrayBuffer>> {
  const line = new Uint8Array(1 + width * 4);
  for (let x = 0; x < width; x++) line.set([red, green, blue, alpha], 1 + x * 4);
  const rows = new Blob(Array.from({ length: height }, () => line));
  const data = new Uint8Array(
    await new Response(rows.stream().pipeThrough(new CompressionStream("deflate"))).arrayBuffer(),
  );
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // Eight bits of red, green, blue and alpha.
  header.set([8, 6], 8);
  const signature = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array())];
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function chunk(name: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.byteLength + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.byteLength);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(content, 8);
  view.setUint32(content.byteLength + 8, checksum(bytes.subarray(4, content.byteLength + 8)));
  return bytes;
}

/** CRC-32, as PNG has it. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}

/** A JPEG of eight by eight pixels, in CMYK. */
export function realCmykJpeg(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(CMYK), (character) => character.charCodeAt(0));
}

const CMYK =
  "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAUDg8SDw0UEhASFxUUGB4yIR4cHB49LC4kMklATEtHQEZFUFpzYlBVbVZFRmSIZW13e4GC" +
  "gU5gjZeMfZZzfoF8/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EABUAAQEAAAAAAAAAAAAAAAAAAAYF/8QAFBABAAAAAAAAAAAAAAAA" +
  "AAAAAP/aAA4EQwBNAFkASwAAPwBmKBy+/9k=";
