import { fromBase64Url, toBase64Url } from "../lib/bytes.ts";

/** Bytes of each of an ES256 signature's two numbers. */
const SIZE = 32;

/**
 * Writes the two numbers of an ES256 signature in full. DER leaves leading zeros out, in one signature of a hundred or so;
 * the library that verifies it takes 32 bytes of each wherever they begin.
 *
 * @param signature DER, base64url
 * @returns the same signature; what is none comes back as it is, to be refused by who verifies
 */
export function padSignature(signature: string): string {
  const bytes = fromBase64Url(signature);
  const first = numberAt(bytes, 2);
  const second = first && numberAt(bytes, first.end);
  if (bytes[0] !== 0x30 || !second || second.end !== bytes.length) return signature;
  const numbers = [first.digits, second.digits].map((digits) => {
    const padded = new Uint8Array(SIZE + 3);
    padded.set([0x02, SIZE + 1]);
    padded.set(digits, padded.length - digits.length);
    return padded;
  });
  return toBase64Url(Uint8Array.from([0x30, 2 * (SIZE + 3), ...numbers.flatMap((number) => [...number])]));
}

/** An INTEGER without its leading zeros, and where it ends. */
function numberAt(bytes: Uint8Array, at: number): { digits: Uint8Array; end: number } | null {
  const end = at + 2 + (bytes[at + 1] ?? 0);
  const content = bytes.subarray(at + 2, end);
  const from = content.findIndex((byte) => byte !== 0);
  const digits = from === -1 ? content.subarray(content.length) : content.subarray(from);
  return bytes[at] === 0x02 && content.length > 0 && digits.length <= SIZE ? { digits, end } : null;
}
