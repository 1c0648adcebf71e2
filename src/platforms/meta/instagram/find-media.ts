import * as z from "zod";
import type { Millis } from "../../../lib/clock.ts";
import { SECOND } from "../../../lib/clock.ts";
import type { Draft, Fault, Io, PublicPost } from "../../platform.ts";
import { isVideo } from "../../platform.ts";
import { normaliseText } from "../../similarity.ts";
import { CLOCK_DOUBT, CLOCK_SKEW } from "../faults.ts";
import type { Graph } from "../graph.ts";
import { listEdge } from "../listing.ts";
import { GRAPH_ID, parseGraphTime } from "../nodes.ts";
import { kindOf } from "./kind.ts";

/*
 * Finds what a container became: a container never names its media.
 * https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
 */

const ROW = z.object({
  id: GRAPH_ID,
  caption: z.string().nullish(),
  permalink: z.string().nullish(),
  timestamp: z.string(),
  media_type: z.string().nullish(),
  media_product_type: z.string().nullish(),
});
type Row = z.infer<typeof ROW>;

const FIELDS = "id,caption,permalink,timestamp,media_type,media_product_type";

export type FoundMedia =
  | { is: "one"; post: PublicPost }
  | { is: "none" }
  /** `posts`: those that could be it. None: nothing could tell it from others. */
  | { is: "several"; posts: PublicPost[] }
  | { is: "unreadable"; fault: Fault };

/**
 * The account's media that could be the published container: in the window, of its kind and caption, no other task's.
 *
 * @param isPublished whether it is certain that there is one: then a listing without captions will do, as
 *   graph.instagram.com may give it
 */
export async function findMedia(
  graph: Graph,
  io: Io,
  window: { first: Millis; last: Millis },
  isPublished: boolean,
): Promise<FoundMedia> {
  const kind = kindOf(io.draft);
  const from = window.first - CLOCK_SKEW;
  const to = window.last + CLOCK_SKEW + 2 * io.commitTimeout;
  if (!isPublished && !isTellable(io.draft)) return { is: "several", posts: [] };
  // Stories are not among the media.
  const edge = kind === "story" ? "stories" : "media";
  const since = Math.floor((window.first - CLOCK_DOUBT) / SECOND);
  const params = { fields: FIELDS, since: String(since), limit: "50" };
  const listed = await listEdge(graph, io, `${io.connection.externalId}/${edge}`, params, ROW);
  if (listed.is === "incomplete") return { is: "unreadable", fault: listed.fault };
  const mayLackCaptions = isPublished && io.connection.host === "instagram";
  const lacksCaptions = kind !== "story" && mayLackCaptions && listed.rows.every((row) => !row.caption);
  const tellsCaptions = kind !== "story" && !lacksCaptions;
  const ours = normaliseText(io.draft.text);
  const alike = listed.rows.filter((row) => {
    return couldBe(row, typeOf(io.draft)) && (!tellsCaptions || normaliseText(row.caption ?? "") === ours);
  });
  const unclaimed = await io.unclaimed(alike.map((row) => row.id));
  const free = alike.filter((row) => unclaimed.includes(row.id));
  const [only, ...others] = free.filter((row) => isWithin(row, { from, to }));
  // Without captions it may be what another task has just published.
  const isOne = only !== undefined && others.length === 0 && (!lacksCaptions || (await io.isAlone()));
  if (isOne && (await io.claim(only.id))) return { is: "one", post: postOf(only) };
  // One outside the window could be ours, if our clock was wrong: there is no saying that there is none.
  return free.length === 0 ? { is: "none" } : { is: "several", posts: free.map(postOf) };
}

function postOf({ id, permalink }: Row): PublicPost {
  return { id, permalink: permalink ?? null };
}

/** Whether a post has words: without them nothing tells it from another, or from one that somebody made by hand. */
export function isTellable(draft: Draft): boolean {
  return kindOf(draft) !== "story" && normaliseText(draft.text) !== "";
}

function isWithin(row: Row, { from, to }: { from: Millis; to: Millis }): boolean {
  const at = parseGraphTime(row.timestamp);
  return at !== null && at >= from && at <= to;
}

/** What the media of a draft is called. */
function typeOf(draft: Draft): string {
  const [first] = draft.media;
  if (kindOf(draft) === "carousel") return "CAROUSEL_ALBUM";
  return first && isVideo(first) ? "VIDEO" : "IMAGE";
}

function couldBe(row: Row, type: string): boolean {
  return !row.media_type || row.media_type === type;
}
