import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { DeliveryAttempt } from "../../db/deliveries.ts";
import type { DeliveryRow } from "../../db/delivery-log.ts";
import { listDeliveries } from "../../db/delivery-log.ts";
import type { WebhookRow } from "../../db/webhooks.ts";
import type { DeliveryStatus } from "../../lib/vocabulary.ts";
import { printDeliveryId, readDeliveryId } from "../../webhooks/delivery-id.ts";
import type { Member } from "../access/member.ts";
import type { Tone } from "../frame/components.tsx";
import { Badge, Card, Form, Pager } from "../frame/components.tsx";
import { Table } from "../frame/table.tsx";
import { Time } from "../frame/time.tsx";
import { DEVELOPERS } from "./strings.ts";

const WORDS = DEVELOPERS.deliveries;
const PAGE_SIZE = 25;
const TONES: Readonly<Record<DeliveryStatus, Tone>> = { pending: "info", held: "warn", delivered: "ok", failed: "bad" };

/** What was sent to an endpoint, page by page: each attempt, and what was answered. */
export async function DeliveriesCard(view: { c: Context<AppEnv>; member: Member; webhook: WebhookRow }) {
  const { c, member, webhook } = view;
  const path = member.at(`developers/webhooks/${webhook.id}`);
  const after = readDeliveryId(c.req.query("after") ?? "");
  // One more than shown tells whether there is a next page.
  const rows = await listDeliveries(c.var.services.db, webhook.id, { after, limit: PAGE_SIZE + 1 });
  const shown = rows.slice(0, PAGE_SIZE);
  const last = shown.at(-1);
  const mayReplay = member.may("webhooks:write") && webhook.active;
  const { event, at, status, attempts, actions } = WORDS.columns;
  return (
    <Card id="deliveries" title={WORDS.title} lead={WORDS.lead}>
      {shown.length === 0 ? <p class="soft">{WORDS.none}</p> : null}
      {shown.length === 0 ? null : (
        <Table
          label={WORDS.title}
          columns={[
            { title: event, kind: "name" },
            { title: at, kind: "nowrap" },
            { title: status },
            { title: attempts },
            ...(mayReplay ? [{ title: actions, kind: "actions" as const }] : []),
          ]}
          rows={shown.map((row) => [...cellsOf(member, row), ...(mayReplay ? [<Replay row={row} path={path} />] : [])])}
        />
      )}
      <Pager
        first={after === null ? null : path}
        next={rows.length > PAGE_SIZE && last ? `${path}?after=${printDeliveryId(last)}` : null}
      />
    </Card>
  );
}

function cellsOf(member: Member, row: DeliveryRow) {
  const zone = member.workspace.timeZone;
  return [
    <a href={member.at(`developers/events/${row.eventId}`)}>{nameOf(row)}</a>,
    <Time at={row.eventAt} zone={zone} />,
    <>
      <Badge tone={TONES[row.status]}>{WORDS.statuses[row.status]}</Badge>
      {row.nextAttemptAt === null ? null : (
        <p class="small">
          {WORDS.next}: <Time at={row.nextAttemptAt} zone={zone} />
        </p>
      )}
    </>,
    row.log.length === 0 ? WORDS.noAttempt : <Attempts attempts={row.log} zone={zone} />,
  ];
}

function Replay({ row, path }: { row: DeliveryRow; path: string }) {
  return (
    <Form action={`${path}/deliveries/${printDeliveryId(row)}/retry`} isInline={true}>
      <button type="submit" class="button" aria-label={WORDS.replayOf(nameOf(row))}>
        {WORDS.replay}
      </button>
    </Form>
  );
}

function nameOf({ type, eventId }: DeliveryRow): string {
  return type ?? eventId;
}

function Attempts({ attempts, zone }: { attempts: readonly DeliveryAttempt[]; zone: string }) {
  return (
    <details>
      <summary>{WORDS.show(attempts.length)}</summary>
      <ol class="attempts">
        {attempts.map(({ at, ms, status, error, response }) => (
          <li>
            <Time at={at} zone={zone} />, {WORDS.took(ms)}. {status === null ? WORDS.noAnswer : WORDS.answered(status)}.
            {error === null ? null : <> {error}</>}
            {response === "" ? <p class="soft small">{WORDS.emptyAnswer}</p> : <pre class="code">{response}</pre>}
          </li>
        ))}
      </ol>
    </details>
  );
}
