import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { AppEnv } from "../api/context.ts";
import { newSecret } from "../lib/crypto.ts";

/*
 * The cookie that binds a consent to the browser it began in: whoever is lured into somebody else's consent does not
 * have it. Lax, for the platform's redirect back must carry it.
 */

const NAME = "apionics_connect";
const LIFE_SECONDS = 3_600;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** The browser's secret, when it has one. */
export function browserOf(c: Context<AppEnv>): string | undefined {
  const value = isHttps(c) ? getCookie(c, NAME, "host") : getCookie(c, NAME);
  return value !== undefined && SECRET.test(value) ? value : undefined;
}

/** Gives the browser a secret, unless it has one: two consents may be under way in two tabs. */
export function nameBrowser(c: Context<AppEnv>): string {
  const secret = browserOf(c) ?? newSecret();
  const common = { path: "/", httpOnly: true, sameSite: "Lax", maxAge: LIFE_SECONDS } as const;
  // The prefix keeps other hosts of the domain from setting it.
  if (isHttps(c)) setCookie(c, NAME, secret, { ...common, secure: true, prefix: "host" });
  else setCookie(c, NAME, secret, common);
  return secret;
}

function isHttps(c: Context<AppEnv>): boolean {
  return c.var.services.publicOrigin.startsWith("https:");
}
