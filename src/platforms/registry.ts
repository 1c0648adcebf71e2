import { z } from "zod";
import type { Json } from "../lib/json.ts";
import type { PlatformId } from "../lib/vocabulary.ts";
import { createFacebook } from "./meta/facebook.ts";
import { facebookOptions } from "./meta/facebook-limits.ts";
import type { MetaSettings } from "./meta/graph.ts";
import { createInstagram } from "./meta/instagram.ts";
import type { Platform } from "./platform.ts";

/** The platforms that can be published to, by name. */
export type Platforms = { readonly [Id in PlatformId]: Platform<Json> };

export function createPlatforms(meta: MetaSettings): Platforms {
  return { instagram: createInstagram(meta), facebook: createFacebook(meta) };
}

/** `options` of a publish request: what only one platform has, each part with its platform's own strict schema. */
export const platformOptions = z.strictObject({ facebook: facebookOptions.optional() });
export type PlatformOptions = z.infer<typeof platformOptions>;
