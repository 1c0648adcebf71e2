import * as z from "zod";
import type { JsonObject } from "../lib/json.ts";
import type { AuthProvider, PlatformId } from "../lib/vocabulary.ts";
import { FACEBOOK_LIMITS } from "./meta/facebook/limits.ts";
import { facebookOptions } from "./meta/facebook/options.ts";
import { createFacebook } from "./meta/facebook.ts";
import { createFacebookLogin } from "./meta/facebook-login.ts";
import type { MetaSettings } from "./meta/graph.ts";
import { INSTAGRAM_LIMITS } from "./meta/instagram/limits.ts";
import { instagramOptions } from "./meta/instagram/options.ts";
import { createInstagram } from "./meta/instagram.ts";
import { createInstagramLogin } from "./meta/instagram-login.ts";
import { createInstagramRenewal } from "./meta/instagram-tokens.ts";
import type { LoginSettings } from "./meta/login-settings.ts";
import { graphVersionEnd } from "./meta/versions.ts";
import type { Platform, PlatformAuth, PlatformLimits, RenewToken } from "./platform.ts";

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

/** The ways to ask for consent; null where the deployment has no app for it. */
export type Auths = { readonly [Provider in AuthProvider]: PlatformAuth | null };

export function createAuths(meta: MetaSettings, login: LoginSettings): Auths {
  const { facebookApp, instagramApp, facebookDialogOrigin } = login;
  return {
    facebook: facebookApp && createFacebookLogin(meta, facebookDialogOrigin, facebookApp),
    instagram: instagramApp && createInstagramLogin(meta, login, instagramApp),
  };
}

/** How tokens are renewed; null where a platform has no such thing. Renewing needs no app. */
export type Renewals = { readonly [Provider in AuthProvider]: RenewToken | null };

export function createRenewals(meta: MetaSettings): Renewals {
  return { facebook: null, instagram: createInstagramRenewal(meta) };
}

/** By which logins a platform's accounts can be connected, the simpler one first. */
export const AUTHS_OF_PLATFORM: Readonly<Record<PlatformId, readonly AuthProvider[]>> = {
  instagram: ["instagram", "facebook"],
  facebook: ["facebook"],
};

export const LIMITS_OF_PLATFORM: Readonly<Record<PlatformId, PlatformLimits>> = {
  instagram: INSTAGRAM_LIMITS,
  facebook: FACEBOOK_LIMITS,
};

/** The version of their APIs that platforms are spoken to in. */
export interface ApiVersion {
  version: string;
  /** The day, UTC, on which the platform stops to answer it; null when the platform has not said. */
  endsOn: string | null;
}

/** Both platforms are Meta's, and share one version. */
export function apiVersionOf({ graphVersion }: MetaSettings): ApiVersion {
  return { version: graphVersion, endsOn: graphVersionEnd(graphVersion) };
}
