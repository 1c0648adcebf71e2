/** A stored file that is read in ranges, of which it holds one at a time. */
export interface RangedFile {
  /** In bytes. */
  readonly size: number;
  /**
   * Reads a range; one that reaches over the end gives what there is.
   *
   * @throws ReadingLimit when the file has cost enough
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A file whose structure takes more reading than any file is worth. */
export class ReadingLimit extends Error {
  override name = "ReadingLimit";
}

const WINDOW = 256 * 1024;
const MAX_RANGE = 8 * 1024 * 1024;
/** Within the free plan's fifty sub-requests, of which a request needs some for itself. */
const MAX_FETCHES = 32;
const MAX_BYTES = 48 * 1024 * 1024;

/**
 * Reads a file through windows: small reads that are close to each other cost one fetch.
 *
 * @param fetchRange fetches exactly this range, which lies within the file
 */
export function rangedFile(
  size: number,
  fetchRange: (offset: number, length: number) => Promise<Uint8Array>,
): RangedFile {
  let window = { start: 0, bytes: new Uint8Array() };
  let fetches = 0;
  let fetched = 0;
  return {
    size,
    async read(offset, length) {
      const end = Math.min(offset + length, size);
      if (end <= offset) return new Uint8Array();
      const isAtHand = offset >= window.start && end <= window.start + window.bytes.byteLength;
      if (!isAtHand) {
        const range = Math.min(Math.max(end - offset, WINDOW), size - offset);
        fetches += 1;
        fetched += range;
        if (range > MAX_RANGE || fetches > MAX_FETCHES || fetched > MAX_BYTES) throw new ReadingLimit();
        window = { start: offset, bytes: new Uint8Array(await fetchRange(offset, range)) };
      }
      return window.bytes.subarray(offset - window.start, end - window.start);
    },
  };
}

/** A file in R2. */
export function storedFile(bucket: R2Bucket, key: string, size: number): RangedFile {
  return rangedFile(size, async (offset, length) => {
    const object = await bucket.get(key, { range: { offset, length } });
    if (!object) throw new Error("a stored file is not there any more");
    return new Uint8Array(await object.arrayBuffer());
  });
}

/**
 * Whether bytes occur in a file, from an offset on.
 *
 * @throws ReadingLimit when that cannot be said within the limits
 */
export async function contains(file: RangedFile, from: number, wanted: readonly number[]): Promise<boolean> {
  const step = 2 * 1024 * 1024;
  for (let offset = from; offset < file.size; offset += step) {
    // A little over the step, for what lies across its end.
    const bytes = await file.read(offset, step + wanted.length - 1);
    if (occursIn(bytes, wanted)) return true;
  }
  return false;
}

function occursIn(bytes: Uint8Array, wanted: readonly number[]): boolean {
  const [first = 0] = wanted;
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return true;
  }
  return false;
}
