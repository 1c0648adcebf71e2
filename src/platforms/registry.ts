import { z } from "zod";
import type { JsonObject } from "../lib/json.ts";
import type { PlatformId } from "../lib/vocabulary.ts";
import { facebookOptions } from "./meta/facebook/options.ts";
import { createFacebook } from "./meta/facebook.ts";
import type { MetaSettings } from "./meta/graph.ts";
import { instagramOptions } from "./meta/instagram/options.ts";
import { createInstagram } from "./meta/instagram.ts";
import type { Platform } from "./platform.ts";

/** The platforms that can be published to, by name. */
export type Platforms = { readonly [Id in PlatformId]: Platform };

export function createPlatforms(meta: MetaSettings): Platforms {
  return { instagram: createInstagram(meta), facebook: createFacebook(meta) };
}

/** `options` of a publish request: what only one platform has, each part with its platform's own strict schema. */
export const platformOptions = z.strictObject({
  instagram: instagramOptions.optional(),
  facebook: facebookOptions.optional(),
});
export type PlatformOptions = z.infer<typeof platformOptions>;

/** One platform's options as JSON holds them, for a draft and for the database. */
export function optionsFor(options: PlatformOptions, platform: PlatformId): JsonObject {
  return JSON.parse(JSON.stringify(options[platform] ?? {}));
}

/** Media that options name beside `media`, with the field that names it. */
export function mediaInOptions(options: PlatformOptions): { field: string; id: string }[] {
  const id = options.instagram?.cover_media;
  return id === undefined ? [] : [{ field: "options.instagram.cover_media", id }];
}
