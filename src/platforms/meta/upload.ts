import * as z from "zod";
import type { Millis } from "../../lib/clock.ts";
import { MINUTE } from "../../lib/clock.ts";
import type { Fault, Io } from "../platform.ts";
import type { MetaSettings } from "./graph.ts";
import { isTimeout, parseKeepingIds, redact } from "./graph.ts";

/*
 * Handing a video over at rupload.facebook.com, by the address from which Meta fetches it itself. This host has its own
 * error envelope and takes its token in a header of its own.
 * https://developers.facebook.com/docs/video-api/guides/reels-publishing
 */

/** Facebook may fetch the whole file before it answers. */
export const UPLOAD_TIMEOUT: Millis = MINUTE;
const UPLOAD_HOST = "https://rupload.facebook.com";

const DEBUG_INFO = z.object({
  debug_info: z.object({
    retriable: z.boolean().optional(),
    type: z.string().catch(""),
    message: z.string().catch(""),
  }),
});

/** Whether an upload address leads where a token may be sent. */
export function isUploadAddress(settings: MetaSettings, address: string): boolean {
  return URL.canParse(address) && [settings.uploadOrigin, UPLOAD_HOST].includes(new URL(address).origin);
}

/**
 * Has Meta fetch a file for an upload that was started. May be repeated: the same file arrives at the same place.
 *
 * @param address as the start of the upload answered it
 * @returns the fault, or null when Meta has taken the file
 */
export async function handOverFile(io: Io, address: string, fileUrl: string): Promise<Fault | null> {
  const { token } = io.connection;
  let response: Response;
  let text: string;
  try {
    response = await io.fetch(address, {
      method: "POST",
      headers: { Authorization: `OAuth ${token}`, file_url: fileUrl },
      redirect: "manual",
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT),
    });
    text = await response.text();
  } catch (error) {
    return noAnswer(isTimeout(error) ? "no answer in time" : "the connection broke");
  }
  const body = parseKeepingIds(text);
  const failure = DEBUG_INFO.safeParse(body);
  if (failure.success) {
    const { type, message } = failure.data.debug_info;
    const words = redact(message, [token]);
    return {
      kind: "retry",
      scope: "post",
      code: type === "" ? "upload_failed" : type,
      message: "Facebook could not fetch the video from its address.",
      ...(words === "" ? {} : { words }),
    };
  }
  if (response.ok && body?.success === true) return null;
  return noAnswer(`an unexpected answer (HTTP ${response.status})`);
}

function noAnswer(reason: string): Fault {
  return { kind: "retry", scope: "post", code: "no_answer", message: `Meta gave no usable answer: ${reason}.` };
}
