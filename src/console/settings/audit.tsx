import { Hono } from "hono";
import type { Child } from "hono/jsx";
import type { AppEnv } from "../../api/context.ts";
import type { AuditRow } from "../../db/audit-log.ts";
import { listLines } from "../../db/audit-log.ts";
import { listMembers } from "../../db/members.ts";
import type { AuditAction } from "../../lib/vocabulary.ts";
import { AUDIT_ACTIONS } from "../../lib/vocabulary.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { workspaceRoute } from "../access/member-route.ts";
import { Empty, PageHead, Pager } from "../frame/components.tsx";
import { SelectField } from "../frame/fields.tsx";
import { showMember } from "../frame/show.tsx";
import { Table } from "../frame/table.tsx";
import { Time } from "../frame/time.tsx";
import { SETTINGS } from "./strings.ts";

/*
 * The audit log of the workspace in one mode, page by page.
 */

const WORDS = SETTINGS.audit;
const PAGE_SIZE = 50;

export const auditPages = new Hono<AppEnv>();

auditPages.get(
  pagePath("settings/audit"),
  workspaceRoute("audit:read", async (c, member) => {
    const { db } = c.var.services;
    const path = member.at("settings/audit");
    const action = AUDIT_ACTIONS.find((each) => each === c.req.query("action"));
    const before = /^\d{1,15}$/.test(c.req.query("before") ?? "") ? Number(c.req.query("before")) : null;
    const filters = { action, actor: undefined, target: undefined, from: undefined, to: undefined };
    // One more than shown tells whether there is a next page.
    const [rows, members] = await Promise.all([
      listLines(db, member.scope, filters, { before, limit: PAGE_SIZE + 1 }),
      listMembers(db, member.scope.workspaceId),
    ]);
    const shown = rows.slice(0, PAGE_SIZE);
    const last = shown.at(-1);
    const next = rows.length > PAGE_SIZE && last ? addressOf(path, action, last.seq) : null;
    const names = new Map(members.map(({ personId, name }) => [personId, name]));
    return showMember(c, member, {
      current: "settings",
      title: WORDS.title,
      body: (
        <>
          <PageHead
            title={WORDS.title}
            lead={WORDS.lead}
            back={{ href: member.at("settings"), label: SETTINGS.title }}
          />
          <Filter action={action} />
          {shown.length === 0 ? <Empty title={WORDS.none} /> : <Lines member={member} rows={shown} names={names} />}
          <Pager first={before === null ? null : addressOf(path, action, null)} next={next} />
        </>
      ),
    });
  }),
);

function addressOf(path: string, action: AuditAction | undefined, before: number | null): string {
  const query = new URLSearchParams({
    ...(action !== undefined && { action }),
    ...(before !== null && { before: String(before) }),
  });
  return query.size === 0 ? path : `${path}?${query}`;
}

function Filter({ action }: { action: AuditAction | undefined }) {
  const options = [["", WORDS.anyAction] as const, ...AUDIT_ACTIONS.map((each) => [each, each] as const)];
  return (
    <form method="get" class="filter">
      <SelectField name="action" label={WORDS.action} value={action ?? ""} options={options} />
      <button type="submit" class="button">
        {WORDS.filter}
      </button>
    </form>
  );
}

function Lines(view: { member: Member; rows: readonly AuditRow[]; names: ReadonlyMap<string, string> }) {
  const { columns } = WORDS;
  return (
    <Table
      label={WORDS.title}
      columns={[
        { title: columns.at, kind: "nowrap" },
        { title: columns.actor },
        { title: columns.action, kind: "name" },
        { title: columns.target },
        { title: columns.details },
      ]}
      rows={view.rows.map(({ at, action, actor, target, details }) => [
        <Time at={at} zone={view.member.workspace.timeZone} />,
        nameOf(actor, view.names),
        action,
        target === null ? null : nameOf(target, view.names),
        details === null ? null : <code class="small">{JSON.stringify(details)}</code>,
      ])}
    />
  );
}

function nameOf(id: string, names: ReadonlyMap<string, string>): Child {
  if (id === "system") return WORDS.system;
  if (id === "admin") return WORDS.admin;
  return names.get(id) ?? <code class="small">{id}</code>;
}
