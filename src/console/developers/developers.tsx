import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { listKeys } from "../../db/api-keys.ts";
import { listEvents } from "../../db/events.ts";
import { listWebhooks } from "../../db/webhooks.ts";
import { pagePath } from "../access/member.ts";
import { workspaceRoute } from "../access/member-route.ts";
import { Card, Notice, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { askerOf } from "./asker.ts";
import { EventList, eventPages } from "./events.tsx";
import { keyForms } from "./key-forms.tsx";
import { KeysCard } from "./keys.tsx";
import { DEVELOPERS } from "./strings.ts";
import { webhookForms } from "./webhook-forms.tsx";
import { WebhooksCard } from "./webhooks.tsx";

/*
 * What programs use of the workspace in one mode: keys, for who administers them, webhooks and events.
 */

const KEYS_SHOWN = 25;
const EVENTS_SHOWN = 5;

export const developerPages = new Hono<AppEnv>();

developerPages.get(
  pagePath("developers"),
  workspaceRoute("webhooks:read", async (c, member) => {
    const { db, clock } = c.var.services;
    const after = /^key_\w+$/.exec(c.req.query("keys_after") ?? "")?.[0] ?? null;
    const [keys, webhooks, events] = await Promise.all([
      // One more than shown tells whether there is a next page.
      member.may("keys:admin") ? listKeys(db, askerOf(member), { after, limit: KEYS_SHOWN + 1 }) : null,
      listWebhooks(db, member.scope),
      listEvents(db, member.scope, { after: null, limit: EVENTS_SHOWN }),
    ]);
    const shown = keys?.slice(0, KEYS_SHOWN) ?? [];
    const more = keys && keys.length > KEYS_SHOWN ? shown.at(-1)?.id : undefined;
    const path = member.at("developers");
    const done = DEVELOPERS.done[c.req.query("done") as keyof typeof DEVELOPERS.done];
    return showMember(c, member, {
      current: "developers",
      title: DEVELOPERS.title,
      body: (
        <>
          <PageHead title={DEVELOPERS.title} lead={DEVELOPERS.lead}>
            <a class="button" href="/docs">
              {DEVELOPERS.docs}
            </a>
            <a class="button" href="/docs/errors">
              {DEVELOPERS.errors}
            </a>
          </PageHead>
          {done === undefined ? null : <Notice tone="ok">{done}</Notice>}
          {keys === null ? null : (
            <KeysCard
              member={member}
              keys={shown}
              now={clock()}
              first={after === null ? null : path}
              next={more === undefined ? null : `${path}?keys_after=${more}`}
            />
          )}
          <WebhooksCard member={member} webhooks={webhooks} />
          <Card id="events" title={DEVELOPERS.events.recent}>
            {events.length === 0 ? <p class="soft">{DEVELOPERS.events.none}</p> : null}
            <EventList member={member} events={events} />
            {events.length === 0 ? null : (
              <p>
                <a href={member.at("developers/events")}>{DEVELOPERS.events.all}</a>
              </p>
            )}
          </Card>
        </>
      ),
    });
  }),
);

developerPages.route("/", keyForms);
developerPages.route("/", webhookForms);
developerPages.route("/", eventPages);
