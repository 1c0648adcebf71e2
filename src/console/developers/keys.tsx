import type { ApiKeyRow } from "../../db/api-keys.ts";
import type { Millis } from "../../lib/clock.ts";
import type { Member } from "../access/member.ts";
import { Badge, Card, Pager } from "../frame/components.tsx";
import { Table } from "../frame/table.tsx";
import { Time } from "../frame/time.tsx";
import { DEVELOPERS } from "./strings.ts";

const WORDS = DEVELOPERS.keys;

/** The API keys of the workspace in one mode, for who administers them. */
export function KeysCard(view: {
  member: Member;
  keys: readonly ApiKeyRow[];
  now: Millis;
  first: string | null;
  next: string | null;
}) {
  const { member, keys, now } = view;
  const { name, secret, accounts, used, ends } = WORDS.columns;
  return (
    <Card id="keys" title={WORDS.title} lead={WORDS.lead(member.mode)}>
      {keys.length === 0 ? <p class="soft">{WORDS.none}</p> : null}
      {keys.length === 0 ? null : (
        <Table
          label={WORDS.title}
          columns={[
            { title: name, kind: "name" },
            { title: secret },
            { title: accounts },
            { title: used, kind: "nowrap" },
            { title: ends, kind: "nowrap" },
          ]}
          rows={keys.map((key) => cellsOf(member, key, now))}
        />
      )}
      <Pager first={view.first} next={view.next} />
      <p>
        <a class="button primary" href={member.at("developers/keys/new")}>
          {WORDS.create}
        </a>
      </p>
    </Card>
  );
}

function cellsOf(member: Member, apiKey: ApiKeyRow, now: Millis) {
  const { id, name, lastFour, lastUsedAt, expiresAt } = apiKey;
  const zone = member.workspace.timeZone;
  return [
    <>
      <a href={member.at(`developers/keys/${id}`)}>{name}</a> <KeyState apiKey={apiKey} now={now} />
    </>,
    <span class="mono">…{lastFour}</span>,
    reachOf(apiKey),
    lastUsedAt === null ? WORDS.never : <Time at={lastUsedAt} zone={zone} />,
    expiresAt === null ? WORDS.never : <Time at={expiresAt} zone={zone} />,
  ];
}

function reachOf({ accountIds, groupIds }: ApiKeyRow): string {
  const accounts = accountIds && WORDS.count(accountIds.length);
  const groups = groupIds && WORDS.groupCount(groupIds.length);
  return accounts && groups ? WORDS.both(accounts, groups) : (accounts ?? groups ?? WORDS.all);
}

/** What there is to know of a key beside its rights. */
export function KeyState({ apiKey, now }: { apiKey: ApiKeyRow; now: Millis }) {
  if (apiKey.revokedAt !== null) return <Badge tone="bad">{WORDS.revoked}</Badge>;
  if (apiKey.expiresAt !== null && apiKey.expiresAt <= now) return <Badge tone="bad">{WORDS.expired}</Badge>;
  return apiKey.needsApproval ? <Badge tone="info">{WORDS.needsApproval}</Badge> : null;
}
