/*
 * Bytes on their way into R2. They are streamed: of a body whose length is known nothing is held, of another one piece.
 */

/** The largest body that is taken in one request: what Cloudflare lets through. */
export const MAX_STREAMED_BYTES = 100 * 1024 * 1024;

/** R2 takes parts of this size at least, and all but the last must be equal. */
const PIECE_BYTES = 5 * 1024 * 1024;

export type StoreOutcome =
  | { is: "stored" }
  | { is: "too_large" }
  /** The body ended early, or is longer than it said. */
  | { is: "broken" };

/** How long a body says it is, in bytes; null where it does not say. */
export function announcedLength(headers: Headers): number | null {
  const length = headers.get("Content-Length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : null;
}

/**
 * Stores a body.
 *
 * @param length its length as announced, or null when it was not
 * @throws when R2 does
 */
export async function storeBytes(
  bucket: R2Bucket,
  key: string,
  body: ReadableStream<Uint8Array>,
  length: number | null,
): Promise<StoreOutcome> {
  if (length === null) return storeInPieces(bucket, key, body);
  if (length > MAX_STREAMED_BYTES) {
    await body.cancel();
    return { is: "too_large" };
  }
  const isWhole = await pipeExactly(body, length, (stream) => bucket.put(key, stream));
  return { is: isWhole === null ? "broken" : "stored" };
}

/**
 * Pipes a body of a known length into R2, which wants to know it beforehand.
 *
 * @returns what `sink` answers; null when the body has another length, or breaks off
 * @throws what `sink` throws by itself
 */
export async function pipeExactly<T>(
  body: ReadableStream<Uint8Array>,
  length: number,
  sink: (stream: ReadableStream<Uint8Array>) => Promise<T>,
): Promise<T | null> {
  const { readable, writable } = new FixedLengthStream(length);
  const sunk = sink(readable).then(
    (value) => ({ is: "sunk" as const, value }),
    (error: unknown) => ({ is: "refused" as const, error }),
  );
  // A body that fails leaves the sink alone, so that what fails first is what is at fault.
  const piped = body.pipeTo(writable, { preventAbort: true }).then(
    () => sunk,
    () => ({ is: "broken" as const }),
  );
  const outcome = await Promise.race([piped, sunk]);
  if (outcome.is === "sunk") return outcome.value;
  await Promise.allSettled([writable.abort(), readable.cancel(), body.cancel()]);
  if (outcome.is === "broken" || isWrongLength(outcome.error)) return null;
  throw outcome.error;
}

/** The runtime tells the sink of it, in these words. */
function isWrongLength(error: unknown): boolean {
  return error instanceof TypeError && error.message.includes("FixedLengthStream");
}

/** Stores a body that does not say how long it is: in one piece if it fits, else in R2's parts. */
async function storeInPieces(bucket: R2Bucket, key: string, body: ReadableStream<Uint8Array>): Promise<StoreOutcome> {
  const pieces = inPieces(body);
  let upload: R2MultipartUpload | null = null;
  try {
    const parts: R2UploadedPart[] = [];
    let size = 0;
    for await (const piece of pieces) {
      size += piece.byteLength;
      if (size > MAX_STREAMED_BYTES) {
        await upload?.abort();
        return { is: "too_large" };
      }
      if (piece.byteLength < PIECE_BYTES && !upload) {
        await bucket.put(key, piece);
        return { is: "stored" };
      }
      upload ??= await bucket.createMultipartUpload(key);
      parts.push(await upload.uploadPart(parts.length + 1, piece));
    }
    await upload?.complete(parts);
    return { is: "stored" };
  } catch (error) {
    await upload?.abort();
    if (error instanceof BrokenBody) return { is: "broken" };
    throw error;
  }
}

/** A body that could not be read to its end. */
class BrokenBody extends Error {
  override name = "BrokenBody";
}

/** Cuts a body into pieces of equal size; the last is smaller, and may be empty. */
async function* inPieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => Promise.reject(new BrokenBody()));
      if (done) break;
      for (let chunk = value; chunk.byteLength > 0; ) {
        const fitting = chunk.subarray(0, PIECE_BYTES - filled);
        piece.set(fitting, filled);
        filled += fitting.byteLength;
        chunk = chunk.subarray(fitting.byteLength);
        if (filled < PIECE_BYTES) continue;
        yield piece;
        piece = new Uint8Array(PIECE_BYTES);
        filled = 0;
      }
    }
    yield piece.subarray(0, filled);
  } finally {
    // A body that broke off fails this too: that it broke is what the reader was told already.
    await reader.cancel().catch(() => {});
  }
}
