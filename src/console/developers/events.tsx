import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { EventRow } from "../../db/events.ts";
import { findEvent, listEvents } from "../../db/events.ts";
import { Refusal } from "../../lib/refusal.ts";
import { showEvent } from "../../webhooks/review-link.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { workspaceRoute } from "../access/member-route.ts";
import { Empty, PageHead, Pager } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { Time } from "../frame/time.tsx";
import { DEVELOPERS } from "./strings.ts";

/*
 * What was told, with what was said.
 */

const WORDS = DEVELOPERS.events;
const PAGE_SIZE = 25;

export const eventPages = new Hono<AppEnv>();

eventPages.get(
  pagePath("developers/events"),
  workspaceRoute("webhooks:read", async (c, member) => {
    const path = member.at("developers/events");
    const [, createdAt, id] = /^(\d{1,16})-(\w+)$/.exec(c.req.query("after") ?? "") ?? [];
    const after = createdAt === undefined || id === undefined ? null : { createdAt: Number(createdAt), id };
    // One more than shown tells whether there is a next page.
    const rows = await listEvents(c.var.services.db, member.scope, { after, limit: PAGE_SIZE + 1 });
    const shown = rows.slice(0, PAGE_SIZE);
    const last = shown.at(-1);
    return showMember(c, member, {
      current: "developers",
      title: WORDS.title,
      body: (
        <>
          <PageHead
            title={WORDS.title}
            lead={WORDS.lead}
            back={{ href: member.at("developers"), label: DEVELOPERS.title }}
          />
          {shown.length === 0 ? <Empty title={WORDS.none} /> : <EventList member={member} events={shown} />}
          <Pager
            first={after === null ? null : path}
            next={rows.length > PAGE_SIZE && last ? `${path}?after=${last.createdAt}-${last.id}` : null}
          />
        </>
      ),
    });
  }),
);

eventPages.get(
  pagePath("developers/events/:event_id"),
  workspaceRoute("webhooks:read", async (c, member) => {
    const event = await findEvent(c.var.services.db, member.scope, c.req.param("event_id") ?? "");
    if (!event) throw new Refusal("not_found", "Event does not exist in this workspace.");
    return showMember(c, member, {
      current: "developers",
      title: event.type,
      body: (
        <>
          <PageHead
            title={event.type}
            lead={<Time at={event.createdAt} zone={member.workspace.timeZone} />}
            back={{ href: member.at("developers/events"), label: WORDS.title }}
          />
          <Body member={member} event={event} />
        </>
      ),
    });
  }),
);

/** Events with what each says, to be opened. */
export function EventList({ member, events }: { member: Member; events: readonly EventRow[] }) {
  return (
    <ul class="plain stack">
      {events.map((event) => (
        <li>
          <details>
            <summary>
              {event.type}{" "}
              <span class="soft small nowrap">
                <Time at={event.createdAt} zone={member.workspace.timeZone} />
              </span>
            </summary>
            {event.postId === null ? null : (
              <p>
                <a href={member.at(`posts/${event.postId}`)}>{WORDS.post}</a>
              </p>
            )}
            <Body member={member} event={event} />
          </details>
        </li>
      ))}
    </ul>
  );
}

function Body({ member, event }: { member: Member; event: EventRow }) {
  return <pre class="code">{JSON.stringify(showEvent(event, member.may("approvals:write")), null, 2)}</pre>;
}
