import type { SandboxCall } from "./call.ts";
import { GraphFailure, invalidParameter } from "./graph/answers.ts";
import { parseFields, pickFields } from "./graph/fields.ts";

/** A Page that is a place. Without coordinates Instagram does not take it as a location. */
export interface Place {
  id: string;
  name: string;
  location?: { city: string; country: string; latitude?: number; longitude?: number; street?: string; zip?: string };
}

const PLACES: readonly Place[] = [
  {
    id: "110843418940484",
    name: "Harbour Coffee",
    location: {
      city: "Hamburg",
      country: "Germany",
      latitude: 53.5436,
      longitude: 9.9887,
      street: "Am Kai 1",
      zip: "20457",
    },
  },
  {
    id: "213971352021",
    name: "Coffee on the Hill",
    location: { city: "Lisbon", country: "Portugal", latitude: 38.7139, longitude: -9.1334 },
  },
  {
    id: "106377336067638",
    name: "Central Park Kiosk",
    location: { city: "New York", country: "United States", latitude: 40.7812, longitude: -73.9665, zip: "10024" },
  },
  { id: "340225389487562", name: "Coffee Without a Door", location: { city: "Oslo", country: "Norway" } },
];

export function findPlace(id: string): Place | undefined {
  return PLACES.find((place) => place.id === id);
}

/** `GET /pages/search`: Pages whose name holds every word. */
export function searchPlaces(call: SandboxCall): object {
  if (call.method !== "GET") throw new GraphFailure(100, null, "Unsupported post request.");
  const words = (call.params.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) throw invalidParameter("The parameter q is required");
  const fields = parseFields(call.params.get("fields"));
  const found = PLACES.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  return { data: found.map((place) => pickFields({ location: undefined, ...place }, fields, ["name"])) };
}
