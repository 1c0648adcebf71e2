import { z } from "zod";
import type { Millis } from "../../lib/clock.ts";
import { HOUR, MINUTE, SECOND } from "../../lib/clock.ts";
import type { Armed, Draft, Fault, Io, Outcome, Platform, PublicPost, Step, Verdict } from "../platform.ts";
import { provesAbsence } from "../settling.ts";
import { isSimilarText, normaliseText } from "../similarity.ts";
import { checkFacebookDraft, linkOf } from "./facebook-limits.ts";
import { CALL_TIMEOUT, faultOfAnswer, missingField, provesRefusal, UNREADABLE_WAIT } from "./faults.ts";
import type { MetaSettings } from "./graph.ts";
import { callGraph } from "./graph.ts";
import { GRAPH_ID, GRAPH_NODE, parseGraphTime, profileOf } from "./nodes.ts";

/*
 * Facebook Pages: text, link, one photo, several photos. Photos are staged unpublished and attached to one `/feed`
 * call, so that there is a single kind of commit and the staged ids are its handle: a listed post that shows one of
 * them is ours for certain. Text and links leave no handle and are found by their content.
 * https://developers.facebook.com/docs/pages-api/posts
 */

/** Unused staged photos vanish after about 24 hours; they are staged again in time. */
const STAGED_LIFE: Millis = 23 * HOUR;
/** "Not published" is believed after two complete listings, so far apart, the last so long after the commit. */
const ABSENT_READINGS = 2;
const ABSENT_SPAN: Millis = 5 * MINUTE;
const ABSENT_FROM: Millis = 10 * MINUTE;
const MAX_LISTED_PAGES = 5;
/** A likely match is believed from so long after the commit on. */
const LIKELY_FROM: Millis = 90 * SECOND;
/** Our clock and Facebook's may differ by this much. */
const CLOCK_SKEW: Millis = MINUTE;

/** The state of one publication. */
export type FacebookState = {
  photos: { id: string; stagedAt: Millis }[];
  /** When a complete listing showed nothing of ours while a commit is being settled. */
  absentAt: Millis[];
};

const ATTACHED = z.object({ target: z.object({ id: GRAPH_ID }).partial().optional() });
const PHOTO_ATTACHMENTS: readonly string[] = ["photo", "album"];
const LISTED_POST = z.object({
  id: GRAPH_ID,
  message: z.string().optional(),
  created_time: z.union([z.string(), z.number()]),
  permalink_url: z.string().optional(),
  application: z.object({ id: GRAPH_ID }).partial().nullish(),
  attachments: z
    .object({
      data: z.array(
        ATTACHED.extend({
          media_type: z.string().optional(),
          unshimmed_url: z.string().optional(),
          subattachments: z.object({ data: z.array(ATTACHED) }).optional(),
        }),
      ),
    })
    .optional(),
});
type ListedPost = z.infer<typeof LISTED_POST>;
const POST_LIST = z.object({
  data: z.array(LISTED_POST),
  paging: z.object({ next: z.string().optional() }).optional(),
});

export function createFacebook(settings: MetaSettings): Platform<FacebookState> {
  const call = (io: Io, method: "GET" | "POST", path: string, params: Record<string, string>, timeout = CALL_TIMEOUT) =>
    callGraph(settings, io, { method, path, params, timeout });

  async function stagePhoto(index: number, state: FacebookState, io: Io): Promise<Outcome<FacebookState>> {
    const photo = io.draft.media[index];
    if (!photo) throw new Error(`the draft has no photo ${index}`);
    const url = await io.mediaUrl(photo.id);
    const answer = await call(io, "POST", `${io.connection.externalId}/photos`, { url, published: "false" });
    if (answer.is !== "ok") return { is: "refused", fault: faultOfAnswer(answer, io.now()), state };
    const node = GRAPH_NODE.safeParse(answer.body);
    if (!node.success) return { is: "refused", fault: missingField("id"), state };
    const photos = [...state.photos.slice(0, index), { id: node.data.id, stagedAt: io.now() }];
    return { is: "done", state: { ...state, photos } };
  }

  async function publishToFeed(state: FacebookState, io: Io): Promise<Outcome<FacebookState>> {
    const params: Record<string, string> = { fields: "id,permalink_url" };
    if (io.draft.text !== "") params.message = io.draft.text;
    const link = linkOf(io.draft);
    if (link !== null) params.link = link;
    if (state.photos.length > 0) {
      params.attached_media = JSON.stringify(state.photos.map((photo) => ({ media_fbid: photo.id })));
    }
    const answer = await call(io, "POST", `${io.connection.externalId}/feed`, params, io.commitTimeout);
    if (answer.is === "ok") {
      const post = GRAPH_NODE.extend({ permalink_url: z.url().optional().catch(undefined) }).safeParse(answer.body);
      // Without an id there is no telling what was published: the listing knows.
      if (!post.success) return { is: "unknown", fault: missingField("id") };
      return { is: "live", post: { id: post.data.id, permalink: post.data.permalink_url ?? null } };
    }
    const fault = faultOfAnswer(answer, io.now());
    if (answer.is === "lost" || !provesRefusal(answer.error)) return { is: "unknown", fault };
    return { is: "refused", fault, state };
  }

  /** Every post of the Page since a moment, or the fault that kept the list from being complete. */
  async function listPosts(
    since: Millis,
    io: Io,
  ): Promise<{ is: "complete"; posts: ListedPost[] } | { is: "incomplete"; posts: ListedPost[]; fault: Fault }> {
    const posts: ListedPost[] = [];
    let params: Record<string, string> = {
      fields:
        "id,message,created_time,permalink_url,application,attachments{media_type,target,unshimmed_url,subattachments{target}}",
      since: String(Math.floor(since / SECOND)),
      limit: "100",
    };
    for (let page = 0; page < MAX_LISTED_PAGES; page++) {
      const answer = await call(io, "GET", `${io.connection.externalId}/published_posts`, params);
      if (answer.is !== "ok") return { is: "incomplete", posts, fault: faultOfAnswer(answer, io.now()) };
      const list = POST_LIST.safeParse(answer.body);
      if (!list.success) return { is: "incomplete", posts, fault: missingField("data") };
      posts.push(...list.data.data);
      const next = list.data.paging?.next;
      if (next === undefined || list.data.data.length === 0) return { is: "complete", posts };
      const nextParams = paramsOf(next);
      if (nextParams === null) return { is: "incomplete", posts, fault: missingField("paging") };
      params = nextParams;
    }
    return { is: "incomplete", posts, fault: missingField("paging") };
  }

  return {
    id: "facebook",

    check(draft) {
      return checkFacebookDraft(draft);
    },

    begin() {
      return { photos: [], absentAt: [] };
    },

    next(state, draft, now): Step {
      const stale = state.photos.findIndex((photo) => now >= photo.stagedAt + STAGED_LIFE);
      const index = stale === -1 ? state.photos.length : stale;
      if (index < draft.media.length) return { name: `photo/${index}`, effect: "hidden" };
      const step: Step = { name: "feed", effect: "visible" };
      if (state.photos.length > 0) return step;
      return { ...step, fingerprint: `${normaliseText(draft.text)}\n${linkOf(draft) ?? ""}` };
    },

    run(step, state, io) {
      if (step.name === "feed") return publishToFeed(state, io);
      return stagePhoto(Number(step.name.slice("photo/".length)), state, io);
    },

    async settle(state, armed, io): Promise<Verdict<FacebookState>> {
      const listed = await listPosts(armed.first - CLOCK_SKEW, io);
      const inWindow = listed.posts.filter((post) => {
        const at = parseGraphTime(post.created_time);
        return at === null || (at >= armed.first - CLOCK_SKEW && at <= armed.last + CLOCK_SKEW + 2 * io.commitTimeout);
      });
      const unclaimed = await io.unclaimed(inWindow.map((post) => post.id));
      const free = inWindow.filter((post) => unclaimed.includes(post.id));
      // Until other tasks have surely recorded theirs, a likely match may be one of them.
      const believesLikely = io.now() >= armed.last + io.scaled(LIKELY_FROM);
      const matches = free.map((post) => ({ post, match: matchOf(post, state, io.draft) }));
      const ours = matches.filter(({ match }) => match === "certain").map(({ post }) => post);
      const likely = matches.filter(({ match }) => match === "likely").map(({ post }) => post);
      const [only, ...others] = ours.length === 0 && believesLikely ? likely : ours;
      if (only !== undefined && others.length === 0 && (await io.claim(only.id))) {
        return { is: "did", post: publicPost(only) };
      }
      const pause = io.now() + io.scaled(UNREADABLE_WAIT);
      if (listed.is === "incomplete") return { is: "askLater", state, until: pause, fault: listed.fault };
      const couldBeOurs =
        ours.length + likely.length > 0 || free.some((post) => couldBe(post, io.draft, settings.appId));
      if (couldBeOurs) return { is: "askLater", state: { ...state, absentAt: [] }, until: pause };
      return absent(state, armed, io);
    },

    async permalink(platformPostId, io) {
      const answer = await call(io, "GET", platformPostId, { fields: "permalink_url" });
      if (answer.is !== "ok") return null;
      return z.object({ permalink_url: z.url() }).safeParse(answer.body).data?.permalink_url ?? null;
    },

    profile(io) {
      return profileOf(settings, io, "name");
    },
  };
}

function absent(state: FacebookState, armed: Armed, io: Io): Verdict<FacebookState> {
  const now = io.now();
  const absentAt = [...state.absentAt, now];
  const rule = { readings: ABSENT_READINGS, span: io.scaled(ABSENT_SPAN) };
  if (provesAbsence(absentAt, rule) && now >= armed.last + io.scaled(ABSENT_FROM)) {
    return { is: "didNot", state: { ...state, absentAt: [] } };
  }
  const last = Math.max((absentAt[0] ?? now) + rule.span, armed.last + io.scaled(ABSENT_FROM));
  return { is: "askLater", state: { ...state, absentAt }, until: Math.max(last, now + io.scaled(UNREADABLE_WAIT)) };
}

/**
 * Whether a listed post is the draft's. Photos are recognised by the ids we staged, a text by being equal (equal ones
 * of ours never meet, see `fingerprint`), a link by text and address. Where the listing leaves out what was attached,
 * an equal text makes a post likely ours.
 */
function matchOf(post: ListedPost, state: FacebookState, draft: Draft): "certain" | "likely" | "no" {
  const attachments = post.attachments?.data ?? [];
  if (state.photos.length > 0) {
    const attached = attachments
      .flatMap((attachment) => [attachment, ...(attachment.subattachments?.data ?? [])])
      .flatMap((attachment) => attachment.target?.id ?? []);
    if (state.photos.some((photo) => attached.includes(photo.id))) return "certain";
    return attachments.length === 0 && draft.text !== "" && hasEqualText(post, draft) ? "likely" : "no";
  }
  const showsPhotos = attachments.some(({ media_type }) => PHOTO_ATTACHMENTS.includes(media_type ?? ""));
  if (showsPhotos || !hasEqualText(post, draft)) return "no";
  const link = linkOf(draft);
  if (link === null) return "certain";
  if (attachments.length === 0 && draft.text !== "") return "likely";
  return attachments.some(({ unshimmed_url }) => sameAddress(unshimmed_url ?? "", link)) ? "certain" : "no";
}

function hasEqualText(post: ListedPost, draft: Draft): boolean {
  return normaliseText(post.message ?? "") === normaliseText(draft.text);
}

/** Whether a post that is not ours by its content could still be: then its absence is not believed. */
function couldBe(post: ListedPost, draft: Draft, appId: string | null): boolean {
  const postedBy = post.application?.id;
  if (postedBy !== undefined && appId !== null) return postedBy === appId;
  return isSimilarText(post.message ?? "", draft.text);
}

function sameAddress(a: string, b: string): boolean {
  const bare = (address: string) => address.replace(/^https?:\/\//, "").replace(/\/$/, "");
  return bare(a) === bare(b);
}

function publicPost(post: ListedPost): PublicPost {
  return { id: post.id, permalink: post.permalink_url ?? null };
}

/** The parameters of a page's `next` address, without its token. The address itself is not followed. */
function paramsOf(next: string): Record<string, string> | null {
  if (!URL.canParse(next)) return null;
  const params = Object.fromEntries(new URL(next).searchParams);
  delete params.access_token;
  return params;
}
