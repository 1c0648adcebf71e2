import * as z from "zod";
import type { Millis } from "../../../lib/clock.ts";
import { SECOND } from "../../../lib/clock.ts";
import type { Draft, Io, Outcome, Publication, Step, Verdict } from "../../platform.ts";
import { normaliseText } from "../../similarity.ts";
import { absentFromListing } from "../absence.ts";
import { CLOCK_DOUBT, CLOCK_SKEW, faultOfAnswer, missingField, provesRefusal, UNREADABLE_WAIT } from "../faults.ts";
import type { Graph } from "../graph.ts";
import { listEdge } from "../listing.ts";
import { GRAPH_NODE, parseGraphTime } from "../nodes.ts";
import { LISTED_FIELDS, LISTED_POST, matchOf } from "./listed-post.ts";
import { linkOf } from "./options.ts";
import { permalinkOf } from "./permalink.ts";
import type { StagedPhoto } from "./photos.ts";
import { STAGED_LIFE, stagePhoto } from "./photos.ts";

/*
 * A post in a Page's feed: text, link, one photo, several photos. Photos are staged and attached to one `/feed` call, so
 * that there is a single kind of commit and the staged ids are its handle. Text and links leave no handle and are found
 * by their content. https://developers.facebook.com/docs/pages-api/posts
 */

export type FeedState = {
  photos: StagedPhoto[];
  /** When a complete listing showed nothing of ours while a commit is being settled. */
  absentAt: Millis[];
};

/** @param appId the Meta app's id, by which listings name who posted; null when none is configured */
export function feedPost(graph: Graph, appId: string | null): Publication<FeedState> {
  return {
    begin: () => ({ photos: [], absentAt: [] }),
    next: nextStep,

    async run(step, state, io) {
      if (step.name === "feed") return publishToFeed(graph, state, io);
      const index = Number(step.name.slice("photo/".length));
      const staged = await stagePhoto(graph, index, io);
      if (staged.is === "fault") return { is: "refused", fault: staged.fault, state };
      return { is: "done", state: { ...state, photos: [...state.photos.slice(0, index), staged.photo] } };
    },

    async settle(state, { first, last }, io): Promise<Verdict<FeedState>> {
      const from = first - CLOCK_SKEW;
      const since = Math.floor((first - CLOCK_DOUBT) / SECOND);
      const params = { fields: LISTED_FIELDS, since: String(since), limit: "100" };
      const path = `${io.connection.externalId}/published_posts`;
      const listed = await listEdge(graph, io, path, params, LISTED_POST);
      const unclaimed = await io.unclaimed(listed.rows.map((post) => post.id));
      const free = listed.rows.filter((post) => unclaimed.includes(post.id));
      const until = last + CLOCK_SKEW + 2 * io.commitTimeout;
      const matches = free.map((post) => {
        const match = matchOf(post, state.photos, io.draft, appId);
        const createdAt = parseGraphTime(post.created_time) ?? 0;
        // So early or late a text is hardly ours, and who knows: photos are, whenever.
        const isOutside = state.photos.length === 0 && (createdAt < from || createdAt > until);
        return { post, match: match === "ours" && isOutside ? "unclear" : match };
      });
      const [only, ...others] = matches.filter(({ match }) => match === "ours").map(({ post }) => post);
      if (only !== undefined && others.length === 0 && (await io.claim(only.id))) {
        return { is: "did", post: { id: only.id, permalink: only.permalink_url ?? null } };
      }
      const later = { is: "askLater", until: io.now() + io.scaled(UNREADABLE_WAIT) } as const;
      if (listed.is === "incomplete") return { ...later, state, fault: listed.fault };
      const inDoubt = matches.filter(({ match }) => match !== "no");
      const candidates = inDoubt.map(({ post }) => ({ id: post.id, permalink: post.permalink_url ?? null }));
      if (candidates.length > 0) return { ...later, state: { ...state, absentAt: [] }, saw: candidates };
      return absentFromListing(state, { first, last }, io);
    },

    permalink: (platformPostId, io) => permalinkOf(graph, platformPostId, io),
  };
}

function nextStep(state: FeedState, draft: Draft, now: Millis): Step {
  const stale = state.photos.findIndex((photo) => now >= photo.stagedAt + STAGED_LIFE);
  const index = stale === -1 ? state.photos.length : stale;
  if (index < draft.media.length) return { name: `photo/${index}`, effect: "hidden" };
  const step: Step = { name: "feed", effect: "visible" };
  if (state.photos.length > 0) return step;
  // By the text alone: a listing need not show whether a post has a link.
  return { ...step, fingerprint: normaliseText(draft.text) };
}

const PUBLISHED_POST = GRAPH_NODE.extend({ permalink_url: z.url().optional().catch(undefined) });

async function publishToFeed(graph: Graph, state: FeedState, io: Io): Promise<Outcome<FeedState>> {
  const params: Record<string, string> = { fields: "id,permalink_url" };
  if (io.draft.text !== "") params.message = io.draft.text;
  const link = linkOf(io.draft);
  if (link !== null) params.link = link;
  if (state.photos.length > 0) {
    params.attached_media = JSON.stringify(state.photos.map((photo) => ({ media_fbid: photo.id })));
  }
  const answer = await graph.commit(io, `${io.connection.externalId}/feed`, params);
  if (answer.is === "ok") {
    const post = PUBLISHED_POST.safeParse(answer.body);
    // Without an id there is no telling what was published: the listing knows.
    if (!post.success) return { is: "unknown", fault: missingField("id") };
    return { is: "live", post: { id: post.data.id, permalink: post.data.permalink_url ?? null } };
  }
  const fault = faultOfAnswer(answer, io.now());
  if (answer.is === "lost" || !provesRefusal(answer.error)) return { is: "unknown", fault };
  return { is: "refused", fault, state };
}
