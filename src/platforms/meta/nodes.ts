import { z } from "zod";
import type { Millis } from "../../lib/clock.ts";
import { SECOND } from "../../lib/clock.ts";
import { parseTimestamp } from "../../lib/time.ts";
import type { Io, ProfileAnswer } from "../platform.ts";
import { faultOfAnswer, missingField } from "./faults.ts";
import type { MetaSettings } from "./graph.ts";
import { CALL_TIMEOUT, callGraph } from "./graph.ts";

/** An id of the Graph API. Some answers print ids as numbers; to us they are always text. */
export const GRAPH_ID = z.union([z.string().min(1), z.number().int().nonnegative().transform(String)]);

/** Any node: what creates one answers its id. */
export const GRAPH_NODE = z.object({ id: GRAPH_ID });

/** Reads the Graph API's times: `2019-01-02T18:31:28+0000`, without a colon in the offset, or Unix seconds. */
export function parseGraphTime(value: string | number): Millis | null {
  if (typeof value === "number" || /^\d+$/.test(value)) return Number(value) * SECOND;
  return parseTimestamp(value.replace(/([+-]\d{2})(\d{2})$/, "$1:$2"));
}

/**
 * Asks who an account is. On graph.instagram.com only `/me` tells, and what it calls `id` is another number than the
 * account's: `user_id` is the one that publishes.
 *
 * @param nameField what the account calls its name
 */
export async function profileOf(
  settings: MetaSettings,
  io: Pick<Io, "connection" | "fetch" | "now">,
  nameField: "username" | "name",
): Promise<ProfileAnswer> {
  const viaMe = io.connection.host === "instagram";
  const answer = await callGraph(settings, io, {
    method: "GET",
    path: viaMe ? "me" : io.connection.externalId,
    params: { fields: viaMe ? "user_id,username" : `id,${nameField}` },
    timeout: CALL_TIMEOUT,
  });
  if (answer.is === "lost") return { is: "lost" };
  if (answer.is === "error") return { is: "refused", fault: faultOfAnswer(answer, io.now()) };
  // The documentation wraps the answer of `/me` in a list, live clients read it flat.
  const node = Array.isArray(answer.body.data) ? answer.body.data[0] : answer.body;
  const profile = z
    .object({
      id: GRAPH_ID.optional(),
      user_id: GRAPH_ID.optional(),
      name: z.string().optional(),
      username: z.string().optional(),
    })
    .safeParse(node).data;
  const externalId = profile?.user_id ?? profile?.id;
  const username = profile?.[nameField] ?? profile?.username;
  if (externalId === undefined || username === undefined) {
    return { is: "refused", fault: missingField(externalId === undefined ? "id" : nameField) };
  }
  return { is: "ok", profile: { externalId, username } };
}
