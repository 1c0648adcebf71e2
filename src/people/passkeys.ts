import { server } from "@passwordless-id/webauthn";
import * as z from "zod";
import type { Database } from "../db/database.ts";
import type { PasskeyRow } from "../db/passkeys.ts";
import { findPasskey, noteUseOfPasskey, putCeremony, takeCeremony } from "../db/passkeys.ts";
import { findSignInLink, useSignInLink } from "../db/sign-in-links.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { MINUTE } from "../lib/clock.ts";
import { newSecret, sha256Hex } from "../lib/crypto.ts";
import { newId } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { padSignature } from "./pad-signature.ts";

/*
 * Passkeys: made by whoever opens a sign-in link, and what people sign in with afterwards. What a browser is asked to sign is
 * bound to the browser, and taken back by its first answer.
 */

/** How long a person may take. */
const CEREMONY_LIFE: Millis = 10 * MINUTE;

export interface PasskeyDeps {
  db: Database;
  clock: Clock;
  log: Log;
  publicOrigin: string;
}

/** What a browser is asked to make a passkey of. */
export interface Registration {
  challenge: string;
  rpId: string;
  user: { id: string; name: string };
}

/** `unusable`: the link was used, or its time is over. */
export type BegunRegistration =
  | { is: "asked"; registration: Registration }
  | { is: "unusable" }
  | { is: "nameMissing" };

/**
 * Begins to make a passkey for whoever opened a link.
 *
 * @param name what a new person is called; null: they did not say
 * @param browser the secret of the browser's cookie
 */
export async function beginRegistration(
  deps: PasskeyDeps,
  linkSecret: string,
  name: string | null,
  browser: string,
): Promise<BegunRegistration> {
  const now = deps.clock();
  const linkHash = await sha256Hex(linkSecret);
  const found = await findSignInLink(deps.db, linkHash, now);
  if (!found) return { is: "unusable" };
  const called = found.personName ?? name;
  if (called === null) return { is: "nameMissing" };
  const user = { id: found.link.personId ?? newId("person", now), name: called };
  const challenge = await ask(deps, browser, { linkHash, personId: user.id, name: user.name });
  return { is: "asked", registration: { challenge, rpId: hostOf(deps), user } };
}

/** @returns what the browser is asked to sign */
export async function beginSignIn(deps: PasskeyDeps, browser: string): Promise<{ challenge: string; rpId: string }> {
  const challenge = await ask(deps, browser, { linkHash: null, personId: null, name: null });
  return { challenge, rpId: hostOf(deps) };
}

async function ask(
  { db, clock }: PasskeyDeps,
  browser: string,
  who: { linkHash: string | null; personId: string | null; name: string | null },
): Promise<string> {
  const challenge = newSecret();
  await putCeremony(db, {
    browserHash: await sha256Hex(browser),
    challenge,
    ...who,
    expiresAt: clock() + CEREMONY_LIFE,
  });
  return challenge;
}

/** What a browser says of a passkey, whatever it was asked. */
const CREDENTIAL = z.object({
  id: z.string().max(2_000),
  rawId: z.string().max(2_000),
  type: z.literal("public-key"),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
});

const REGISTRATION = CREDENTIAL.extend({
  response: z.object({
    clientDataJSON: z.string().max(8_000),
    authenticatorData: z.string().max(8_000),
    attestationObject: z.string().max(32_000),
    publicKey: z.string().max(8_000),
    publicKeyAlgorithm: z.number().int(),
    transports: z.array(z.string().max(20)).max(10).default([]),
  }),
});

/** Who a browser turned out to be of. */
export interface Identified {
  personId: string;
  /** The only workspace that the passkey opens; null: all that they belong to. */
  workspaceId: string | null;
}

/**
 * Ends what `beginRegistration` began: the passkey is stored, the link used up.
 *
 * @param answered what the browser says; anything
 * @returns with the workspace that the link led to; null when it is not what was asked for, or came too late
 */
export async function finishRegistration(
  deps: PasskeyDeps,
  browser: string,
  answered: unknown,
  request: { id: string; ip: string | null },
): Promise<(Identified & { joined: string }) | null> {
  const now = deps.clock();
  const ceremony = await takeCeremony(deps.db, await sha256Hex(browser), now);
  const parsed = REGISTRATION.safeParse(answered);
  if (!ceremony?.linkHash || !ceremony.personId || ceremony.name === null || !parsed.success) return null;
  const found = await findSignInLink(deps.db, ceremony.linkHash, now);
  if (!found) return null;
  const made = await verified(deps, () =>
    server.verifyRegistration({ ...parsed.data, user: { name: ceremony.name ?? "" } } as never, {
      challenge: ceremony.challenge,
      origin: deps.publicOrigin,
      userVerified: true,
    }),
  );
  if (!made) return null;
  const { personId, name } = { personId: ceremony.personId, name: ceremony.name };
  const { workspaceId } = found.link;
  const passkey: PasskeyRow = {
    id: made.credential.id,
    personId,
    workspaceId: found.link.personId === null ? null : workspaceId,
    publicKey: made.credential.publicKey,
    algorithm: made.credential.algorithm,
    counter: made.authenticator.counter ?? 0,
    transports: parsed.data.response.transports,
    createdAt: now,
    lastUsedAt: null,
  };
  const isUsed = await useSignInLink(deps.db, found.link, { id: personId, name }, passkey, {
    id: newId("auditLine", now),
    workspaceId,
    mode: "live",
    at: now,
    action: found.link.personId === null ? "member.joined" : "member.signed_in",
    actor: personId,
    target: personId,
    requestId: request.id,
    ip: request.ip,
    details: { role: found.link.role },
  });
  return isUsed ? { personId, workspaceId: passkey.workspaceId, joined: workspaceId } : null;
}

const AUTHENTICATION = CREDENTIAL.extend({
  response: z.object({
    clientDataJSON: z.string().max(8_000),
    authenticatorData: z.string().max(8_000),
    signature: z.string().max(8_000),
    userHandle: z.string().max(2_000).optional(),
  }),
});

/**
 * Ends what `beginSignIn` began.
 *
 * @returns null when it is not what was asked for, came too late, or nobody's passkey made it
 */
export async function finishSignIn(deps: PasskeyDeps, browser: string, answered: unknown): Promise<Identified | null> {
  const now = deps.clock();
  const ceremony = await takeCeremony(deps.db, await sha256Hex(browser), now);
  const parsed = AUTHENTICATION.safeParse(answered);
  if (!ceremony || ceremony.linkHash !== null || !parsed.success) return null;
  const passkey = await findPasskey(deps.db, parsed.data.id);
  if (!passkey) return null;
  const credential = {
    id: passkey.id,
    publicKey: passkey.publicKey,
    algorithm: passkey.algorithm as "ES256" | "RS256",
    transports: passkey.transports as never,
  };
  const signed = await verified(deps, () => {
    const { response } = parsed.data;
    const signature = passkey.algorithm === "ES256" ? padSignature(response.signature) : response.signature;
    const answer = { ...parsed.data, response: { ...response, signature } };
    return server.verifyAuthentication(answer as never, credential, {
      challenge: ceremony.challenge,
      origin: deps.publicOrigin,
      userVerified: true,
    });
  });
  // A counter that does not grow belongs to a copy; those that do not count stay at 0.
  const isUsed = signed && (await noteUseOfPasskey(deps.db, passkey.id, signed.counter ?? 0, now));
  return isUsed ? { personId: passkey.personId, workspaceId: passkey.workspaceId } : null;
}

/** The library throws what does not fit, in words for developers. */
async function verified<T>({ log }: PasskeyDeps, verify: () => Promise<T>): Promise<T | null> {
  try {
    return await verify();
  } catch (error) {
    // Behind the colon stands what the browser sent.
    const [reason = ""] = error instanceof Error ? error.message.split(":") : [];
    log.info("a passkey's answer does not fit", { reason });
    return null;
  }
}

function hostOf({ publicOrigin }: PasskeyDeps): string {
  return new URL(publicOrigin).hostname;
}
