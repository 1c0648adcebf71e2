import type { Context } from "hono";
import { Hono } from "hono";
import * as z from "zod";
import type { AppEnv } from "../api/context.ts";
import { wellFormed } from "../lib/text.ts";
import { beginRegistration, finishRegistration } from "../people/passkeys.ts";
import type { SignedIn } from "../people/session.ts";
import { joinBySignInLink, openSignInLink } from "../people/sign-in-link.ts";
import { membershipsOf } from "./access/member.ts";
import { signedInAt, signIn } from "./access/session-cookie.ts";
import { browserOf, nameBrowser } from "./browser-cookie.ts";
import { PASSKEY_SCRIPT } from "./frame/assets.ts";
import { PageHead } from "./frame/components.tsx";
import { TextField } from "./frame/fields.tsx";
import { PasskeyForm } from "./frame/passkey-form.tsx";
import type { ConsolePage } from "./frame/show.tsx";
import { showAnybody } from "./frame/show.tsx";
import { readJson, refuseStep } from "./passkey-steps.ts";
import { homeOf } from "./sign-in.tsx";
import { JOIN, ROLES } from "./strings.ts";

/*
 * The way in for whoever has a link: a new member, or one who has lost their passkey. To open it changes nothing, so that it
 * can be looked at by programs that follow links.
 */

const MAX_NAME = 100;

export const joinPages = new Hono<AppEnv>();

type OpenLink = NonNullable<Awaited<ReturnType<typeof openSignInLink>>>;

joinPages.get("/join/:secret", async (c) => {
  const found = await openSignInLink(c.var.services, c.req.param("secret"));
  if (!found) return showAnybody(c, goneLinkPage());
  const person = await signedInAt(c);
  // A session that opens one workspace alone belongs to nobody elsewhere.
  const other = person?.workspaceId === null && found.link.personId === null ? person : null;
  if (other) return showAnybody(c, await acceptPage(c, found, other));
  return showAnybody(c, joinPage(c.req.path, found));
});

function joinPage(path: string, { link, workspaceName, personName }: OpenLink): ConsolePage {
  const isNew = link.personId === null;
  const title = isNew ? JOIN.title(workspaceName) : JOIN.backTitle(workspaceName);
  return {
    title,
    scripts: [PASSKEY_SCRIPT],
    body: (
      <>
        <PageHead title={title} lead={isNew ? JOIN.invited(ROLES[link.role].asOne) : JOIN.back(personName ?? "")} />
        <PasskeyForm at={path} kind="make" next="/console" button={isNew ? JOIN.button : JOIN.backButton}>
          {isNew ? (
            <TextField
              name="name"
              label={JOIN.name}
              hint={JOIN.nameHint}
              value=""
              attributes={{ maxlength: MAX_NAME, autocomplete: "name" }}
            />
          ) : null}
          <p class="soft small">{JOIN.passkeyHint}</p>
        </PasskeyForm>
      </>
    ),
  };
}

async function acceptPage(c: Context<AppEnv>, found: OpenLink, person: SignedIn): Promise<ConsolePage> {
  const { link, workspaceName } = found;
  const memberships = await membershipsOf(c, person);
  const isMember = memberships.some(({ workspace }) => workspace.id === link.workspaceId);
  const title = JOIN.title(workspaceName);
  return {
    title,
    body: (
      <>
        <PageHead title={title} lead={isMember ? JOIN.member : JOIN.invited(ROLES[link.role].asOne)} />
        <p>{JOIN.signedIn(person.name)}</p>
        {isMember ? (
          <p>
            <a class="button primary" href={await homeOf(c, link.workspaceId)}>
              {JOIN.open}
            </a>
          </p>
        ) : (
          <form method="post" action={`${c.req.path}/accept`}>
            <button type="submit" class="button primary">
              {JOIN.accept(person.name)}
            </button>
          </form>
        )}
      </>
    ),
  };
}

function goneLinkPage(): ConsolePage {
  return {
    title: JOIN.expiredTitle,
    status: 410,
    body: (
      <>
        <PageHead title={JOIN.expiredTitle} lead={JOIN.expired} />
        <p>{JOIN.expiredAdvice}</p>
        <p>
          <a class="button" href="/console">
            {JOIN.open}
          </a>
        </p>
      </>
    ),
  };
}

joinPages.post("/join/:secret/accept", async (c) => {
  const person = await signedInAt(c);
  const request = { id: c.var.requestId, ip: c.req.header("CF-Connecting-IP") ?? null };
  const { secret } = c.req.param();
  const joined =
    person?.workspaceId === null ? await joinBySignInLink(c.var.services, secret, person.personId, request) : null;
  // Sent twice, it is done already: the link's page says how things stand.
  return c.redirect(joined === null ? `/join/${secret}` : await homeOf(c, joined), 303);
});

const BEGIN = z.object({ name: z.string().trim().min(1).max(MAX_NAME).check(wellFormed).optional() });

joinPages.post("/join/:secret/begin", async (c) => {
  const sent = BEGIN.safeParse(await readJson(c));
  if (!sent.success) return refuseStep(c, JOIN.nameMissing);
  const secret = c.req.param("secret");
  const begun = await beginRegistration(c.var.services, secret, sent.data.name ?? null, nameBrowser(c));
  return begun.is === "asked" ? c.json(begun.registration) : refuseStep(c, JOIN[begun.is]);
});

const FINISH = z.object({ credential: z.unknown() });

joinPages.post("/join/:secret/finish", async (c) => {
  const browser = browserOf(c);
  const sent = FINISH.safeParse(await readJson(c));
  if (browser === undefined || !sent.success) return refuseStep(c, JOIN.refused);
  const request = { id: c.var.requestId, ip: c.req.header("CF-Connecting-IP") ?? null };
  const identified = await finishRegistration(c.var.services, browser, sent.data.credential, request);
  if (!identified) return refuseStep(c, JOIN.refused);
  await signIn(c, identified);
  return c.json({ next: await homeOf(c, identified.joined) });
});
