import type { NetworkContext } from "../call.ts";
import type { VideoFacts } from "./mp4.ts";
import { NOTHING_SCANNED, scannedVideo, scanVideo } from "./mp4.ts";
import { CRAWLER, robotsAllow } from "./robots.ts";

/** What went wrong while Meta's crawler fetched something. `partial`: a 206 where all was wanted. */
export type CrawlFailure = "unreachable" | "timed_out" | "forbidden" | "partial";

/** The most that is read of anything: more than any limit of the platforms. */
const MOST_BYTES = 320 * 1024 * 1024;

/**
 * Fetches as Meta's crawlers do: by GET, without credentials, where robots.txt lets them, and with `Range: bytes=0-`,
 * which a cache may answer with a 206 that they then do not accept.
 */
export async function crawl(context: NetworkContext, address: string): Promise<Response | CrawlFailure> {
  // Addresses beyond US-ASCII, and Meta's own, are documented to fail.
  if (!/^[\x21-\x7e]+$/.test(address) || !URL.canParse(address)) return "unreachable";
  const url = new URL(address);
  if (/(^|\.)fbcdn\.net$/.test(url.hostname)) return "forbidden";
  try {
    const robots = await context.fetchMedia(`${url.origin}/robots.txt`, { "User-Agent": `${CRAWLER}/1.1` });
    const rules = await robots.text();
    if (robots.ok && !robotsAllow(rules, url.pathname)) return "forbidden";
    const response = await context.fetchMedia(address, { "User-Agent": `${CRAWLER}/1.1`, Range: "bytes=0-" });
    if (response.status === 200) return response;
    await response.body?.cancel();
    return response.status === 206 ? "partial" : "unreachable";
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError" ? "timed_out" : "unreachable";
  }
}

/** The whole of a body, in chunks. Nothing of a body larger than any limit is read to its end. */
export async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  try {
    for (let bytes = 0; bytes <= MOST_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

/** Fetches a video and reads what it is, without keeping it. */
export async function crawlVideo(
  context: NetworkContext,
  address: string,
): Promise<VideoFacts | CrawlFailure | "not_a_video"> {
  const response = await crawl(context, address);
  if (typeof response === "string") return response;
  let scan = NOTHING_SCANNED;
  try {
    for await (const chunk of chunksOf(response)) scan = scanVideo(scan, chunk);
  } catch {
    return "unreachable";
  }
  return scannedVideo(scan) ?? "not_a_video";
}
