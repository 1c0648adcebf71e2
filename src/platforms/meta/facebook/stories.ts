import * as z from "zod";
import type { Millis } from "../../../lib/clock.ts";
import { SECOND } from "../../../lib/clock.ts";
import type { Armed, Io, Verdict } from "../../platform.ts";
import type { Sought } from "../absence.ts";
import { absentFromListing } from "../absence.ts";
import { CLOCK_DOUBT, UNREADABLE_WAIT } from "../faults.ts";
import type { Graph } from "../graph.ts";
import type { Listing } from "../listing.ts";
import { listEdge } from "../listing.ts";
import { GRAPH_ID } from "../nodes.ts";

/*
 * A Page's stories, where a story is recognised by the photo or video that was made for it.
 * https://developers.facebook.com/docs/page-stories-api
 */

const STORY = z.object({ post_id: GRAPH_ID, media_id: GRAPH_ID.nullish(), url: z.string().nullish() });
type Story = z.infer<typeof STORY>;

function listStories(graph: Graph, since: Millis, io: Io): Promise<Listing<Story>> {
  const params = {
    fields: "post_id,status,creation_time,media_type,media_id,url",
    since: String(Math.floor(since / SECOND)),
  };
  return listEdge(graph, io, `${io.connection.externalId}/stories`, params, STORY);
}

/** Looks for the story that shows this photo or video. */
export async function settleStory<S extends Sought>(
  graph: Graph,
  mediaId: string,
  state: S,
  armed: Armed,
  io: Io,
): Promise<Verdict<S>> {
  const listed = await listStories(graph, armed.first - CLOCK_DOUBT, io);
  const story = listed.rows.find((row) => row.media_id === mediaId);
  if (story) {
    await io.claim(story.post_id);
    return { is: "did", post: { id: story.post_id, permalink: story.url ?? null } };
  }
  const until = io.now() + io.scaled(UNREADABLE_WAIT);
  if (listed.is === "incomplete") return { is: "askLater", state, until, fault: listed.fault };
  return absentFromListing(state, armed, io);
}

/** How far back a story is looked for whose address is wanted: it was published a moment ago. */
const RECENT: Millis = 3_600 * SECOND;

export async function storyPermalink(graph: Graph, postId: string, io: Io): Promise<string | null> {
  const listed = await listStories(graph, io.now() - RECENT, io);
  return listed.rows.find((row) => row.post_id === postId)?.url ?? null;
}
