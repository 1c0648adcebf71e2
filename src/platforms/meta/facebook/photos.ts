import type { Millis } from "../../../lib/clock.ts";
import { HOUR } from "../../../lib/clock.ts";
import type { Fault, Io } from "../../platform.ts";
import { faultOfAnswer, missingField } from "../faults.ts";
import type { Graph } from "../graph.ts";
import { GRAPH_NODE } from "../nodes.ts";
import { altTextOf } from "./options.ts";

/*
 * Photos that are staged: uploaded unpublished, seen by nobody until a post or a story shows them. Their ids are known
 * before the commit, so that what shows one of them is ours for certain.
 * https://developers.facebook.com/docs/graph-api/reference/page/photos
 */

export type StagedPhoto = { id: string; stagedAt: Millis };

/** Unused staged photos vanish after about 24 hours; they are staged again in time. */
export const STAGED_LIFE: Millis = 23 * HOUR;

/** Stages one photo of the draft. May be repeated: a photo that is not used is seen by nobody. */
export async function stagePhoto(
  graph: Graph,
  index: number,
  io: Io,
): Promise<{ is: "staged"; photo: StagedPhoto } | { is: "fault"; fault: Fault }> {
  const photo = io.draft.media[index];
  if (!photo) throw new Error(`the draft has no photo ${index}`);
  const params: Record<string, string> = { url: await io.mediaUrl(photo.id), published: "false" };
  const altText = altTextOf(io.draft, index);
  if (altText !== null) params.alt_text_custom = altText;
  const answer = await graph.post(io, `${io.connection.externalId}/photos`, params);
  if (answer.is !== "ok") return { is: "fault", fault: faultOfAnswer(answer, io.now()) };
  const node = GRAPH_NODE.safeParse(answer.body);
  if (!node.success) return { is: "fault", fault: missingField("id") };
  return { is: "staged", photo: { id: node.data.id, stagedAt: io.now() } };
}
