import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { AppEnv } from "../../api/context.ts";
import { SECOND } from "../../lib/clock.ts";
import type { SignedIn } from "../../people/session.ts";
import { endSession, SESSION_LIFE, startSession, whoIsSignedIn } from "../../people/session.ts";

/*
 * The cookie by which a browser is signed in. Lax, for whoever connects an account comes back from the platform with it; what
 * changes something asks for the same origin beside, see `same-origin.ts`.
 */

const NAME = "apionics_session";
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** @returns null when nobody is signed in */
export async function signedInAt(c: Context<AppEnv>): Promise<SignedIn | null> {
  const secret = secretOf(c);
  return secret === undefined ? null : whoIsSignedIn(c.var.services, secret);
}

/** Signs somebody in, with a session of its own: whoever was signed in before is not any more. */
export async function signIn(c: Context<AppEnv>, who: Pick<SignedIn, "personId" | "workspaceId">): Promise<void> {
  await endPresent(c);
  const secret = await startSession(c.var.services, who);
  const common = { path: "/", httpOnly: true, sameSite: "Lax", maxAge: SESSION_LIFE / SECOND } as const;
  // The prefix keeps other hosts of the domain from setting it.
  if (isHttps(c)) setCookie(c, NAME, secret, { ...common, secure: true, prefix: "host" });
  else setCookie(c, NAME, secret, common);
}

/** Ends the session in the database, so that the cookie is worth nothing wherever it got to. */
export async function signOut(c: Context<AppEnv>): Promise<void> {
  await endPresent(c);
  if (isHttps(c)) deleteCookie(c, NAME, { path: "/", secure: true, prefix: "host" });
  else deleteCookie(c, NAME, { path: "/" });
}

async function endPresent(c: Context<AppEnv>): Promise<void> {
  const secret = secretOf(c);
  if (secret !== undefined) await endSession(c.var.services, secret);
}

function secretOf(c: Context<AppEnv>): string | undefined {
  const value = isHttps(c) ? getCookie(c, NAME, "host") : getCookie(c, NAME);
  return value !== undefined && SECRET.test(value) ? value : undefined;
}

function isHttps(c: Context<AppEnv>): boolean {
  return c.var.services.publicOrigin.startsWith("https:");
}
