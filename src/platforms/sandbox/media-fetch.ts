import { imageSize } from "image-size";
import { GraphFailure } from "./graph-answers.ts";
import type { NetworkContext } from "./network.ts";

/** A picture as Meta's crawler got it. */
export interface FetchedImage {
  type: string;
  width: number;
  height: number;
  bytes: number;
}

/** What went wrong while Meta's crawler fetched a picture. */
export type FetchFailure = "unreachable" | "partial" | "not_an_image";

/**
 * Fetches a picture as Meta's crawlers do: they ask for `Range: bytes=0-` and do not accept the 206 that a cache then
 * answers.
 */
export async function fetchImage(context: NetworkContext, address: string): Promise<FetchedImage | FetchFailure> {
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await context.fetchMedia(address, { "User-Agent": "facebookexternalhit/1.1", Range: "bytes=0-" });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch {
    return "unreachable";
  }
  if (response.status === 206) return "partial";
  if (response.status !== 200) return "unreachable";
  try {
    const { width, height, type } = imageSize(bytes);
    return { type: type ?? "", width, height, bytes: bytes.byteLength };
  } catch {
    return "not_an_image";
  }
}

/** Instagram's answers to media it cannot use, with the subcodes of its error page. */
export async function fetchInstagramImage(context: NetworkContext, address: string): Promise<void> {
  const image = await fetchImage(context, address);
  if (image === "unreachable" || image === "partial") {
    throw new GraphFailure(9004, 2207052, "Only photo or video can be accepted as media type.");
  }
  if (image === "not_an_image" || image.type !== "jpg") {
    throw new GraphFailure(36001, 2207005, "The image format is not supported.");
  }
  if (image.bytes > 8 * 1024 * 1024) throw new GraphFailure(36000, 2207004, "The image is too large to download.");
  const ratio = image.width / image.height;
  if (ratio < 0.79 || ratio > 1.92) {
    throw new GraphFailure(36003, 2207009, "The submitted image's aspect ratio is not supported.");
  }
}

/** Facebook's answer to a picture it cannot use. */
export async function fetchPagePhoto(context: NetworkContext, address: string): Promise<void> {
  const image = await fetchImage(context, address);
  if (typeof image === "string") throw new GraphFailure(324, null, "(#324) Missing or invalid image file");
  if (image.bytes > 10 * 1024 * 1024) throw new GraphFailure(100, 1366046, "Your photos couldn't be uploaded.");
}
