import * as z from "zod";
import type { Millis } from "../../lib/clock.ts";
import { SECOND } from "../../lib/clock.ts";
import type { Json } from "../../lib/json.ts";
import { parseTimestamp } from "../../lib/time.ts";
import type { PlatformId } from "../../lib/vocabulary.ts";
import type { Io, Profile, ProfileAnswer } from "../platform.ts";
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

const PICTURE = z.object({ data: z.object({ url: z.string() }) });

/** A Page or an Instagram account, as far as it was asked for and is told. */
export const PROFILE_NODE = z.object({
  /** Of `/me` on graph.instagram.com this is the person, as our app knows them, and not the account. */
  id: GRAPH_ID.optional(),
  user_id: GRAPH_ID.optional(),
  name: z.string().optional(),
  username: z.string().optional(),
  link: z.string().optional(),
  picture: PICTURE.optional().catch(undefined),
  profile_picture_url: z.string().optional(),
});

/** What a Page, and an Instagram account, is asked for. */
export const PAGE_FIELDS = "id,name,link,picture{url}";
export const INSTAGRAM_FIELDS = "id,username,name,profile_picture_url";

/** @returns null unless the node says which account it is and what it is called */
export function profileFrom(node: z.infer<typeof PROFILE_NODE>, platform: PlatformId): Profile | null {
  const externalId = node.user_id ?? node.id;
  const username = platform === "facebook" ? node.name : node.username;
  if (externalId === undefined || username === undefined) return null;
  const common = { externalId, username, name: node.name ?? null };
  return platform === "facebook"
    ? {
        ...common,
        avatarUrl: node.picture?.data.url ?? null,
        profileUrl: node.link ?? `https://www.facebook.com/${externalId}`,
      }
    : {
        ...common,
        avatarUrl: node.profile_picture_url ?? null,
        profileUrl: `https://www.instagram.com/${encodeURIComponent(username)}/`,
      };
}

/** The documentation wraps some answers in a list, live clients read them flat. */
export function unwrapped(body: { [key: string]: Json }): Json | undefined {
  return Array.isArray(body.data) ? body.data[0] : body;
}

/**
 * Asks who an account is. A Page's token is the Page's own, and `/me` the Page: other people's tokens may read a Page
 * too, and cannot publish on it. On graph.instagram.com only `/me` tells, and what it calls `id` is another number than
 * the account's: `user_id` is the one that publishes.
 *
 * @param nameField what the account calls its name
 */
export async function profileOf(
  settings: MetaSettings,
  io: Pick<Io, "connection" | "fetch" | "now">,
  nameField: "username" | "name",
): Promise<ProfileAnswer> {
  const isPage = nameField === "name";
  const isInstagramLogin = io.connection.host === "instagram";
  const answer = await callGraph(settings, io, {
    method: "GET",
    path: isPage || isInstagramLogin ? "me" : io.connection.externalId,
    params: { fields: isInstagramLogin ? `user_id,${INSTAGRAM_FIELDS}` : isPage ? PAGE_FIELDS : INSTAGRAM_FIELDS },
    timeout: CALL_TIMEOUT,
  });
  if (answer.is === "lost") return { is: "lost" };
  if (answer.is === "error") return { is: "refused", fault: faultOfAnswer(answer, io.now()) };
  const node = PROFILE_NODE.safeParse(unwrapped(answer.body)).data;
  const profile = node && profileFrom(node, isPage ? "facebook" : "instagram");
  if (!profile) return { is: "refused", fault: missingField(nameField) };
  return { is: "ok", profile };
}
