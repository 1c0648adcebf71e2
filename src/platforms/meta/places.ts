import * as z from "zod";
import type { Fault, Io } from "../platform.ts";
import { faultOfAnswer, missingField } from "./faults.ts";
import type { MetaSettings } from "./graph.ts";
import { CALL_TIMEOUT, callGraph } from "./graph.ts";
import { GRAPH_ID } from "./nodes.ts";

/** A place that a post can be tagged with: a Page that has coordinates. */
export interface Place {
  id: string;
  name: string;
  street: string | null;
  city: string | null;
  country: string | null;
  latitude: number;
  longitude: number;
}

export type PlacesAnswer = { is: "ok"; places: Place[] } | { is: "refused"; fault: Fault } | { is: "lost" };

const PLACE = z.object({
  id: GRAPH_ID,
  name: z.string(),
  location: z.object({
    street: z.string().optional(),
    city: z.string().optional(),
    country: z.string().optional(),
    latitude: z.number(),
    longitude: z.number(),
  }),
});
const LIST = z.object({ data: z.array(z.unknown()) });

/** Searches places by name. graph.facebook.com only: Instagram Login has no such search. */
export async function searchPlaces(
  settings: MetaSettings,
  io: Pick<Io, "connection" | "fetch" | "now">,
  query: string,
): Promise<PlacesAnswer> {
  const answer = await callGraph(settings, io, {
    method: "GET",
    path: "pages/search",
    params: { q: query, fields: "id,name,location" },
    timeout: CALL_TIMEOUT,
  });
  if (answer.is === "lost") return { is: "lost" };
  if (answer.is === "error") return { is: "refused", fault: faultOfAnswer(answer, io.now()) };
  const list = LIST.safeParse(answer.body).data;
  if (!list) return { is: "refused", fault: missingField("data") };
  // A Page without coordinates is refused as a location.
  const places = list.data.flatMap((node) => {
    const place = PLACE.safeParse(node).data;
    if (!place) return [];
    const { street, city, country, latitude, longitude } = place.location;
    const address = { street: street ?? null, city: city ?? null, country: country ?? null };
    return [{ id: place.id, name: place.name, ...address, latitude, longitude }];
  });
  return { is: "ok", places };
}
