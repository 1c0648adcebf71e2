import type { Context } from "hono";
import { CONNECT_ERRORS } from "../../accounts/connect-errors.ts";
import type { PrintedAccount } from "../../accounts/print-account.ts";
import { printAccount } from "../../accounts/print-account.ts";
import type { AppEnv } from "../../api/context.ts";
import { listAccountGroups } from "../../db/account-groups.ts";
import { listAccounts } from "../../db/accounts.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { failureText } from "../connect-failures.tsx";
import { Empty, FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import type { Column } from "../frame/table.tsx";
import { Table } from "../frame/table.tsx";
import { ConnectCard, SandboxCard } from "./connecting.tsx";
import { addressOf, Face, Health, nameOf } from "./parts.tsx";
import { ACCOUNTS } from "./strings.ts";

/** The accounts within a member's reach, and the ways to get more. @param problem of the form that was refused */
export async function showAccounts(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const { db, clock, auths } = c.var.services;
  // Who is limited to groups reaches the accounts in them, and not the groups themselves.
  const isLimited = member.access.accountIds !== null;
  const [rows, groups] = await Promise.all([
    listAccounts(db, member.access),
    isLimited ? null : listAccountGroups(db, member.scope.workspaceId),
  ]);
  const names = groups && new Map(groups.map(({ id, name }) => [id, name]));
  const accounts = rows.map((row) => printAccount(row, 0, clock()));
  const mayConnect = member.may("accounts:write") && !isLimited;
  return showMember(c, member, {
    current: "accounts",
    title: ACCOUNTS.title,
    status: statusOf(problem),
    body: (
      <>
        <PageHead title={ACCOUNTS.title} lead={ACCOUNTS.lead} />
        {problem ? null : <Outcome query={c.req.query()} />}
        <FormProblem problem={problem} />
        {accounts.length === 0 ? <NoAccounts member={member} mayConnect={mayConnect} /> : null}
        {accounts.length === 0 ? null : (
          <Table
            label={ACCOUNTS.title}
            columns={columnsOf(names !== null)}
            rows={accounts.map((account) => cellsOf(member, account, names))}
          />
        )}
        {mayConnect && member.mode === "live" ? <ConnectCard member={member} auths={auths} /> : null}
        {mayConnect && member.mode === "test" ? <SandboxCard member={member} problem={problem} /> : null}
      </>
    ),
  });
}

function columnsOf(hasGroups: boolean): Column[] {
  const { account, health, remaining, group } = ACCOUNTS.columns;
  const all: Column[] = [{ title: account, kind: "name" }, { title: health }, { title: remaining, kind: "number" }];
  return hasGroups ? [...all, { title: group }] : all;
}

/** @param groups their names; null: they are not shown */
function cellsOf(member: Member, account: PrintedAccount, groups: ReadonlyMap<string, string> | null) {
  const { remaining_posts_today: remaining, labels } = account;
  const cells = [
    <div class="row account">
      <Face account={account} />
      <span>
        <a href={member.at(`accounts/${account.id}`)}>{nameOf(account)}</a>
        <br />
        <span class="soft small">{addressOf(account)}</span>
        {labels.length === 0 ? null : <span class="soft small"> · {labels.join(", ")}</span>}
      </span>
    </div>,
    <Health account={account} />,
    remaining ?? <span class="soft">{ACCOUNTS.unknown}</span>,
  ];
  if (groups === null) return cells;
  return [...cells, groups.get(account.group_id ?? "") ?? <span class="soft">{ACCOUNTS.noGroup}</span>];
}

function NoAccounts({ member, mayConnect }: { member: Member; mayConnect: boolean }) {
  const whole = member.mode === "live" ? ACCOUNTS.noneLead : ACCOUNTS.noneTest;
  const limited = member.access.accountIds === null ? ACCOUNTS.noneToViewer : ACCOUNTS.noneInGroups;
  return (
    <Empty title={ACCOUNTS.none}>
      <p>{mayConnect ? whole : limited}</p>
    </Empty>
  );
}

/** What became of a form, or of the way to the platform and back, which says so in the address. */
function Outcome({ query }: { query: Record<string, string> }) {
  const done = ACCOUNTS.done[query.done as keyof typeof ACCOUNTS.done];
  if (done !== undefined) return <Notice tone="ok">{done}</Notice>;
  const error = CONNECT_ERRORS.find((each) => each === query.error);
  if (error) {
    return (
      <Notice tone="bad">
        {ACCOUNTS.notConnected} {failureText(error)}
      </Notice>
    );
  }
  if (query.accounts === undefined) return null;
  const missing = (query.missing_permissions ?? "").split(",").filter((name) => /^\w{1,64}$/.test(name));
  return (
    <Notice tone={missing.length === 0 ? "ok" : "warn"}>
      {ACCOUNTS.connected(query.accounts.split(",").length)}{" "}
      {missing.length === 0 ? null : ACCOUNTS.withoutPermissions(missing.join(", "))}
    </Notice>
  );
}
