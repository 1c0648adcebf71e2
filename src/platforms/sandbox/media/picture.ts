import { imageSize } from "image-size";
import type { NetworkContext } from "../call.ts";
import type { CrawlFailure } from "./crawler.ts";
import { chunksOf, crawl } from "./crawler.ts";

/** A picture as Meta's crawler got it. */
export interface PictureFacts {
  /** By content: `jpg`, `png`, … and `mpo` for several JPEGs in one file. */
  type: string;
  width: number;
  height: number;
  bytes: number;
}

/** More than any platform's limit: what is larger is not read to its end. */
const MOST_BYTES = 30 * 1024 * 1024;

/** Fetches a picture and reads what it is. */
export async function crawlPicture(
  context: NetworkContext,
  address: string,
): Promise<PictureFacts | CrawlFailure | "not_a_picture"> {
  const response = await crawl(context, address);
  if (typeof response === "string") return response;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of chunksOf(response)) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length > MOST_BYTES) break;
    }
  } catch {
    return "unreachable";
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return readPicture(bytes) ?? "not_a_picture";
}

/** What a picture is by its content; null when it is none. */
export function readPicture(bytes: Uint8Array): PictureFacts | null {
  try {
    const { width, height, type = "" } = imageSize(bytes);
    return { type: type === "jpg" && isMultiPicture(bytes) ? "mpo" : type, width, height, bytes: bytes.byteLength };
  } catch {
    return null;
  }
}

/** The Multi-Picture Format of stereo cameras and some phones says so in a segment at the beginning. */
function isMultiPicture(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 4_096)).includes("MPF\0");
}
