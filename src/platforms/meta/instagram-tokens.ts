import type { Millis } from "../../lib/clock.ts";
import type { AuthAnswer, AuthIo, RenewToken } from "../platform.ts";
import { missingField } from "./faults.ts";
import type { MetaSettings } from "./graph.ts";
import { askMeta, CALL_TIMEOUT } from "./graph.ts";
import { expiryIn, failed, TOKEN_ANSWER } from "./tokens.ts";

/*
 * The two calls by which graph.instagram.com gives one token for another. Both are documented with GET and the token as
 * a parameter only, and their paths carry no version.
 */

type InstagramToken = AuthAnswer<{ token: string; expiresAt: Millis | null }>;

/** Takes a token of 60 days for the one of an hour that a code was exchanged for. */
export function takeLongLivedToken(
  settings: MetaSettings,
  appSecret: string,
  token: string,
  io: AuthIo,
): Promise<InstagramToken> {
  const fields = { grant_type: "ig_exchange_token", client_secret: appSecret };
  return takeToken(`${settings.instagramOrigin}/access_token`, token, fields, io);
}

/** Renews a token for another 60 days. It must be 24 hours old and may not have ended; no app is asked for. */
export function createInstagramRenewal(settings: MetaSettings): RenewToken {
  const address = `${settings.instagramOrigin}/refresh_access_token`;
  return (token, io) => takeToken(address, token, { grant_type: "ig_refresh_token" }, io);
}

async function takeToken(
  address: string,
  token: string,
  fields: Record<string, string>,
  io: AuthIo,
): Promise<InstagramToken> {
  const query = new URLSearchParams({ ...fields, access_token: token });
  const init: RequestInit = { redirect: "manual", signal: AbortSignal.timeout(CALL_TIMEOUT) };
  const answer = await askMeta(io, `${address}?${query}`, init, [token, ...Object.values(fields)]);
  if (answer.is !== "ok") return failed(answer, io);
  const taken = TOKEN_ANSWER.safeParse(answer.body).data;
  if (!taken) return { is: "refused", fault: missingField("access_token") };
  return { is: "ok", value: { token: taken.access_token, expiresAt: expiryIn(taken.expires_in, io.now()) } };
}
