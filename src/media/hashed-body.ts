import { toHex } from "../lib/bytes.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import { MAX_STREAMED_BYTES } from "./store-bytes.ts";

/**
 * A body that is hashed while somebody else reads it, piece by piece: nothing of it is held. Whoever reads it may stop;
 * the hash is of the whole all the same.
 */
export class HashedBody {
  /** The body's bytes, for whoever wants them. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly #source: ReadableStreamDefaultReader<Uint8Array>;
  readonly #hash = new crypto.DigestStream("SHA-256");
  readonly #hashing = this.#hash.getWriter();
  #last: Promise<Uint8Array | null> = Promise.resolve(null);
  #isRead = false;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#source = body.getReader();
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const piece = await this.#next();
      if (piece) controller.enqueue(piece);
      else controller.close();
    };
    // Nothing is read ahead.
    this.stream = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
  }

  /**
   * SHA-256 of the whole body, in hexadecimal. What nobody has read yet is read for it, and thrown away.
   *
   * @throws Refusal when the body breaks off, or is larger than any that is taken
   */
  async sha256(): Promise<string> {
    for (let read = 0; !this.#isRead; ) {
      const piece = await this.#next();
      read += piece?.byteLength ?? 0;
      if (read > MAX_STREAMED_BYTES) {
        throw new Refusal("payload_too_large", `The body has more than ${MAX_STREAMED_BYTES} bytes.`, "body");
      }
    }
    return toHex(await this.#hash.digest);
  }

  /** Reads the next piece, after those that were asked for before. @returns null at the end */
  #next(): Promise<Uint8Array | null> {
    this.#last = this.#last.then(() => this.#read());
    return this.#last;
  }

  async #read(): Promise<Uint8Array | null> {
    if (this.#isRead) return null;
    const { done, value } = await this.#source.read().catch(() => {
      throw invalid("body", "The body broke off.");
    });
    if (!done) {
      await this.#hashing.write(value);
      return value;
    }
    this.#isRead = true;
    await this.#hashing.close();
    return null;
  }
}
