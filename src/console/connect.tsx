import type { Context } from "hono";
import { Hono } from "hono";
import { beginConsent } from "../accounts/begin-consent.ts";
import { chooseAccounts, loadChoice } from "../accounts/choose-accounts.ts";
import type { CompletedConsent } from "../accounts/complete-consent.ts";
import { completeConsent } from "../accounts/complete-consent.ts";
import { findCompleted } from "../accounts/completed-consent.ts";
import type { ConnectFailure } from "../accounts/connect-errors.ts";
import { CONNECT_ERRORS, redirectTo } from "../accounts/connect-errors.ts";
import { authsFor, openLink } from "../accounts/connect-link.ts";
import type { AppEnv } from "../api/context.ts";
import { findDataDeletion } from "../db/people.ts";
import { AUTH_PROVIDERS } from "../lib/vocabulary.ts";
import { browserOf, nameBrowser } from "./browser-cookie.ts";
import { failurePage, unknownPage } from "./connect-failures.tsx";
import { choicePage, deletionPage, donePage, landingPage } from "./connect-pages.tsx";
import { showPage } from "./page.tsx";

/*
 * The way of a person who connects accounts: link, platform, perhaps a choice, and back to the client. Open without a
 * key: the link is the permission, and from the click on the browser's cookie. Nothing secret stays in the address bar.
 */

export const connectPages = new Hono<AppEnv>();

connectPages.use("/connect/*", async (c, next) => {
  c.header("Cache-Control", "no-store");
  await next();
});

for (const provider of AUTH_PROVIDERS) {
  connectPages.get(`/connect/${provider}/callback`, async (c) => {
    const { state, code, error, error_code } = c.req.query();
    const returned = { state, code, error: error ?? error_code };
    return leave(c, await completeConsent(c.var.services, provider, returned, browserOf(c)));
  });
}

connectPages.get("/connect/choose/:consent_id", async (c) => {
  const choice = await loadChoice(c.var.services, c.req.param("consent_id"), browserOf(c));
  return choice.is === "choice" ? showPage(c, choicePage(viewOf(choice, false))) : leave(c, choice);
});

connectPages.post("/connect/choose/:consent_id", async (c) => {
  const { account } = await c.req.parseBody({ all: true });
  const keys = [account ?? []].flat().filter((key) => typeof key === "string");
  const made = await chooseAccounts(c.var.services, c.req.param("consent_id"), browserOf(c), keys);
  return made.is === "choice" ? showPage(c, choicePage(viewOf(made, true))) : leave(c, made);
});

connectPages.get("/connect/done/:consent_id", async (c) => {
  const completed = await findCompleted(c.var.services.db, c.req.param("consent_id"), browserOf(c));
  return showPage(c, completed ? donePage(completed) : failurePage("state_invalid", [], 410));
});

connectPages.get("/connect/failed/:error", (c) => {
  const error = CONNECT_ERRORS.find((each) => each === c.req.param("error"));
  const missing = (c.req.query("missing_permissions") ?? "").split(",").filter((name) => /^\w{1,64}$/.test(name));
  return showPage(c, error ? failurePage(error, missing.slice(0, 20)) : unknownPage());
});

connectPages.get("/connect/data-deletion/:code", async (c) => {
  const code = c.req.param("code");
  const completedAt = await findDataDeletion(c.var.services.db, code);
  return showPage(c, completedAt === null ? unknownPage() : deletionPage(code, completedAt));
});

connectPages.get("/connect/:token", async (c) => {
  const { services } = c.var;
  const opened = await openLink(services, c.req.param("token"));
  if (opened.is === "unknown") return showPage(c, unknownPage());
  if (opened.is === "over") return showPage(c, failurePage(opened.error, [], 410));
  const { link, workspace } = opened;
  const auths = authsFor(services.auths, link.platform);
  const formTargets = formTargetsOf([...auths.map((auth) => auth.dialogOrigin), link.redirectUrl]);
  return showPage(c, landingPage({ workspace, platform: link.platform, auths, formTargets }));
});

connectPages.post("/connect/:token", async (c) => {
  const { provider } = await c.req.parseBody();
  const chosen = AUTH_PROVIDERS.find((each) => each === provider) ?? null;
  const begun = await beginConsent(c.var.services, c.req.param("token"), chosen, nameBrowser(c));
  if (begun.is === "unknown") return showPage(c, unknownPage());
  return begun.is === "asked" ? c.redirect(begun.url, 303) : leave(c, begun);
});

/** Sends the person on: to choose, to the client, or to a page of ours. Always to an address without a secret. */
function leave(c: Context<AppEnv>, end: CompletedConsent | ConnectFailure): Response {
  switch (end.is) {
    case "choose":
      return c.redirect(`/connect/choose/${end.consentId}`, 303);
    case "connected": {
      const members = { accounts: end.result.accountIds.join(","), ...missingMember(end.result.missing) };
      return c.redirect(
        end.redirectUrl === null ? `/connect/done/${end.consentId}` : redirectTo(end.redirectUrl, members),
        303,
      );
    }
    case "failed": {
      const missing = missingMember(end.missing);
      const query = new URLSearchParams(missing);
      const page = `/connect/failed/${end.error}${query.size === 0 ? "" : `?${query}`}`;
      return c.redirect(
        end.redirectUrl === null ? page : redirectTo(end.redirectUrl, { error: end.error, ...missing }),
        303,
      );
    }
  }
}

function missingMember(missing: string[]): Record<string, string> {
  return missing.length === 0 ? {} : { missing_permissions: missing.join(",") };
}

function viewOf(choice: Extract<Awaited<ReturnType<typeof loadChoice>>, { is: "choice" }>, isRepeated: boolean) {
  const { workspace, link } = choice.found;
  const { accounts, missing } = choice;
  return { workspace, accounts, missing, isRepeated, formTargets: formTargetsOf([link.redirectUrl]) };
}

/**
 * Where a form leads by redirects. A platform's dialog sends people on within its own domain: to sign in, to its pages
 * for phones.
 */
function formTargetsOf(addresses: (string | null)[]): string[] {
  return addresses.flatMap((address) => {
    if (address === null) return [];
    const { origin, protocol, hostname } = new URL(address);
    const isMeta = /^www\.(facebook|instagram)\.com$/.test(hostname);
    return isMeta ? [origin, `${protocol}//*.${hostname.slice(4)}`] : [origin];
  });
}
