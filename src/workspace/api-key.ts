import { utf8 } from "../lib/bytes.ts";
import type { Mode } from "../lib/vocabulary.ts";

/*
 * API keys: `apionics_live_` or `apionics_test_`, 30 random base62 characters and a checksum of six, the CRC-32 of all
 * that stands before it. The prefix lets scanners find a leaked key; the checksum lets a mistyped or made-up one be
 * refused without a look into the database, and a test key cannot be relabelled live.
 */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KEY_PATTERN = /^(apionics_(live|test)_[0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;
const RANDOM_LENGTH = 30;
const CHECKSUM_LENGTH = 6;

/** Makes a key of 178 random bits. */
export function generateApiKey(mode: Mode): string {
  let body = "";
  while (body.length < RANDOM_LENGTH) {
    const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_LENGTH));
    // 248 is the largest multiple of 62 in a byte: what lies above would favour some characters.
    for (const byte of bytes) if (byte < 248 && body.length < RANDOM_LENGTH) body += ALPHABET[byte % 62];
  }
  const start = `apionics_${mode}_${body}`;
  return start + checksum(start);
}

/** The mode of a well-formed key; null for everything that cannot be a key. Costs no I/O. */
export function modeOfApiKey(key: string): Mode | null {
  const [, start, mode, check] = KEY_PATTERN.exec(key) ?? [];
  if (start === undefined || checksum(start) !== check) return null;
  return mode === "live" ? "live" : "test";
}

function checksum(text: string): string {
  let rest = crc32(utf8(text));
  let digits = "";
  while (digits.length < CHECKSUM_LENGTH) {
    digits = ALPHABET[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** CRC-32/ISO-HDLC, the one of zip and PNG. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
