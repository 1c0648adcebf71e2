import type { Context } from "hono";
import type { PrintedAccount } from "../../accounts/print-account.ts";
import { printAccount } from "../../accounts/print-account.ts";
import { accountNotFound } from "../../accounts/search-locations.ts";
import type { AppEnv } from "../../api/context.ts";
import { listAccountGroups } from "../../db/account-groups.ts";
import { countOpenTasks } from "../../db/account-tasks.ts";
import type { AccountRow } from "../../db/accounts.ts";
import { findAccount } from "../../db/accounts.ts";
import { listPosts } from "../../db/post-lists.ts";
import { PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import { findPause } from "../../post/manual-pauses.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { Time } from "../frame/time.tsx";
import { ConnectButton } from "./connecting.tsx";
import { DisconnectCard } from "./disconnect-card.tsx";
import { EditCard } from "./edit-card.tsx";
import { addressOf, Face, Health, nameOf, whatToSet } from "./parts.tsx";
import { PauseCard } from "./pause-card.tsx";
import { ACCOUNTS } from "./strings.ts";

const WORDS = ACCOUNTS.account;
/** Posts that are named before an account is disconnected. */
const NAMED_POSTS = 5;
const DONE = { saved: ACCOUNTS.edit.done, paused: ACCOUNTS.pause.done, resumed: ACCOUNTS.pause.resumed };

/** One account: how it stands, and what can be done with it. @param problem of the form that was refused */
export async function showAccount(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const { services } = c.var;
  const { db } = services;
  const id = c.req.param("account_id") ?? "";
  const row = await findAccount(db, member.access, id);
  if (!row) throw accountNotFound();
  const mayChange = member.may("accounts:write");
  const mayGroup = mayChange && member.access.accountIds === null;
  const [open, waiting, groups, report] = await Promise.all([
    countOpenTasks(db, member.scope, [id]),
    mayChange ? findWaiting(c, member, id) : [],
    mayGroup ? listAccountGroups(db, member.scope.workspaceId) : null,
    findPause(services, { is: "account", ...member.scope, accountId: id }),
  ]);
  const openTasks = open.get(id) ?? 0;
  const account = printAccount(row, openTasks, services.clock());
  const isUnset = whatToSet(services.auths, account.platform) !== null;
  const done = DONE[c.req.query("done") as keyof typeof DONE];
  return showMember(c, member, {
    current: "accounts",
    title: nameOf(account),
    status: statusOf(problem),
    body: (
      <>
        <PageHead
          title={nameOf(account)}
          lead={addressOf(account)}
          back={{ href: member.at("accounts"), label: ACCOUNTS.title }}
        >
          {mayGroup && member.mode === "live" && account.health !== "ok" && !isUnset ? (
            <ConnectButton member={member} platform={account.platform} label={ACCOUNTS.connect.again} />
          ) : null}
        </PageHead>
        {done === undefined || problem ? null : <Notice tone="ok">{done}</Notice>}
        <FormProblem problem={problem} />
        <Facts member={member} row={row} account={account} openTasks={openTasks} />
        {mayChange ? <EditCard member={member} account={account} groups={groups} problem={problem} /> : null}
        <PauseCard member={member} accountId={id} report={report} problem={problem} />
        {mayChange ? (
          <DisconnectCard member={member} account={account} openTasks={openTasks} waiting={waiting} />
        ) : null}
      </>
    ),
  });
}

function findWaiting(c: Context<AppEnv>, member: Member, accountId: string) {
  const { db, clock } = c.var.services;
  const statuses = ["awaiting_approval" as const, "queued" as const, "publishing" as const];
  return listPosts(db, member.access, { accountId, statuses }, { after: null, limit: NAMED_POSTS }, clock());
}

function Facts(view: { member: Member; row: AccountRow; account: PrintedAccount; openTasks: number }) {
  const { member, row, account, openTasks } = view;
  const { behavior, profile_url: profile } = account;
  return (
    <Card id="facts" title={WORDS.title}>
      <dl class="facts">
        <dt>{WORDS.platform}</dt>
        <dd class="row">
          <Face account={account} />
          {PLATFORM_NAMES[account.platform]}
        </dd>
        <dt>{WORDS.health}</dt>
        <dd>
          <Health account={account} />
        </dd>
        <dt>{WORDS.remaining}</dt>
        <dd>{account.remaining_posts_today ?? ACCOUNTS.unknown}</dd>
        <dt>{WORDS.open}</dt>
        <dd>{openTasks}</dd>
        {row.tokenExpiresAt === null ? null : (
          <>
            <dt>{WORDS.tokenEnds}</dt>
            <dd>
              <Time at={row.tokenExpiresAt} zone={member.workspace.timeZone} />
            </dd>
          </>
        )}
        {behavior === undefined ? null : (
          <>
            <dt>{WORDS.behavior}</dt>
            <dd>{ACCOUNTS.sandbox.behaviors[behavior]}</dd>
          </>
        )}
        <dt>{WORDS.labels}</dt>
        <dd>{account.labels.length === 0 ? WORDS.noLabels : account.labels.join(", ")}</dd>
        <dt>{WORDS.id}</dt>
        <dd>
          <code>{account.id}</code>
        </dd>
        {profile?.startsWith("https://") ? (
          <>
            <dt>{WORDS.profile}</dt>
            <dd>
              <a href={profile} rel="noopener">
                {PLATFORM_NAMES[account.platform]}
              </a>
            </dd>
          </>
        ) : null}
      </dl>
    </Card>
  );
}
