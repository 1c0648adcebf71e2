import type { Context } from "hono";
import { Hono } from "hono";
import { keyDeps, keyRequest, keyRotation, readKeyRequest } from "../../api/api-keys.ts";
import type { AppEnv } from "../../api/context.ts";
import { HOUR } from "../../lib/clock.ts";
import { revokeApiKey } from "../../workspace/change-api-key.ts";
import type { KeyWithSecret } from "../../workspace/create-api-key.ts";
import { createApiKey } from "../../workspace/create-api-key.ts";
import { rotateApiKey } from "../../workspace/rotate-api-key.ts";
import { workspaceForm } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { workspaceRoute } from "../access/member-route.ts";
import { readTime } from "../frame/time-field.tsx";
import { askerOf } from "./asker.ts";
import { showKey } from "./key-page.tsx";
import { showNewKey } from "./new-key-page.tsx";
import { showSecret } from "./secret-page.tsx";
import { DEVELOPERS } from "./strings.ts";

/*
 * The API keys, for who administers them. A secret is shown in the answer that makes it, once.
 */

const WORDS = DEVELOPERS.keys;

export const keyForms = new Hono<AppEnv>();

keyForms.get(pagePath("developers/keys/new"), workspaceRoute("keys:admin", showNewKey));
keyForms.get(pagePath("developers/keys/:api_key_id"), workspaceRoute("keys:admin", showKey));

keyForms.post(
  pagePath("developers/keys"),
  workspaceForm("keys:admin", showNewKey, async (c, member, form) => {
    const accounts = form.fields.accounts ?? [];
    const groups = form.fields.groups ?? [];
    const expires = form.text("expires_at");
    const request = form.read(keyRequest, {
      name: form.text("name"),
      scopes: form.fields.scopes ?? [],
      accounts: accounts.length === 0 ? null : accounts,
      groups: groups.length === 0 ? null : groups,
      needs_approval: form.text("needs_approval") === "yes",
      expires_at: expires === "" ? null : readTime(member, expires),
    });
    const made = await form.onceInSecret<KeyWithSecret>((change) =>
      createApiKey(keyDeps(c.var.services), askerOf(member), readKeyRequest(request), change),
    );
    return show(c, member, made);
  }),
);

keyForms.post(
  pagePath("developers/keys/:api_key_id/rotate"),
  workspaceForm("keys:admin", showKey, async (c, member, form) => {
    const { overlap_hours: hours } = form.read(keyRotation, { overlap_hours: form.number("overlap_hours") });
    const rotated = await form.onceInSecret<KeyWithSecret>((change) =>
      rotateApiKey(keyDeps(c.var.services), askerOf(member), idIn(c), hours * HOUR, change),
    );
    return show(c, member, rotated);
  }),
);

keyForms.post(
  pagePath("developers/keys/:api_key_id/revoke"),
  workspaceForm("keys:admin", showKey, async (c, member, form) => {
    await form.once<void>((change) => revokeApiKey(c.var.services, askerOf(member), idIn(c), change));
    return c.redirect(`${member.at("developers")}?done=revoked`, 303);
  }),
);

function idIn(c: Context<AppEnv>): string {
  return c.req.param("api_key_id") ?? "";
}

function show(c: Context<AppEnv>, member: Member, made: KeyWithSecret | null) {
  const { ready: title, readyLead: lead, secret: label } = WORDS;
  const next = made && member.at(`developers/keys/${made.row.id}`);
  return showSecret(c, member, { title, lead, label, secret: made?.secret ?? null, next });
}
