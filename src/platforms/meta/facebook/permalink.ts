import * as z from "zod";
import type { Io } from "../../platform.ts";
import type { Graph } from "../graph.ts";

const SITE = "https://www.facebook.com";

/** An address of Facebook's: of posts it is whole, of videos it begins at the path. */
export const PERMALINK = z
  .string()
  .transform((text) => (text.startsWith("/") ? `${SITE}${text}` : text))
  .refine((text) => URL.canParse(text))
  .nullish()
  .catch(null)
  .transform((text) => text ?? null);

/** The address of a post or a video. */
export async function permalinkOf(graph: Graph, id: string, io: Io): Promise<string | null> {
  const answer = await graph.get(io, id, { fields: "permalink_url" });
  if (answer.is !== "ok") return null;
  return z.object({ permalink_url: PERMALINK }).parse(answer.body).permalink_url;
}
