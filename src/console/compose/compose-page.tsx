import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { ERRORS } from "../../api/errors.ts";
import { listAccountGroups } from "../../db/account-groups.ts";
import { findAccounts, listAccounts } from "../../db/accounts.ts";
import { findMedia } from "../../db/media.ts";
import type { Refusal } from "../../lib/refusal.ts";
import type { Fields } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { asset } from "../frame/assets.ts";
import { Empty, Notice, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { CHECKS } from "./check-script.ts";
import type { Found } from "./findings.ts";
import { foundIn } from "./findings.ts";
import type { ComposeView } from "./form.tsx";
import { ComposeForm } from "./form.tsx";
import { COMPOSE } from "./strings.ts";
import { COMPOSE_STYLE } from "./style.ts";
import { UPLOADS } from "./upload-script.ts";

const SCRIPTS = [asset("compose", "text/javascript", CHECKS), asset("uploads", "text/javascript", UPLOADS)];
const STYLES = [asset("compose", "text/css", COMPOSE_STYLE)];

/** A form as it is shown. */
export interface Shown {
  fields: Fields;
  /** What it was refused for, where it was. */
  refusal?: Refusal | undefined;
  /** What a dry run says; undefined: nobody has asked. */
  found?: readonly Found[];
  /** Of a post that exists: its id. */
  postId?: string;
}

export async function showCompose(c: Context<AppEnv>, member: Member, shown: Shown) {
  const { postId, refusal } = shown;
  const isNew = postId === undefined;
  const view = await viewOf(c, member, shown);
  const hasForm = view.accounts.length > 0 || !isNew;
  const title = isNew ? COMPOSE.title : COMPOSE.editTitle;
  const back = isNew ? {} : { back: { href: member.at(`posts/${postId}`), label: COMPOSE.back } };
  return showMember(c, member, {
    current: "compose",
    title,
    status: refusal ? ERRORS[refusal.code].status : 200,
    scripts: hasForm ? SCRIPTS : [],
    styles: STYLES,
    body: (
      <>
        <PageHead title={title} lead={isNew ? COMPOSE.lead : COMPOSE.editLead} {...back} />
        {!hasForm ? (
          <NoAccounts member={member} />
        ) : (
          <ComposeForm {...view}>
            <Draft isFresh={refusal === undefined && shown.found === undefined} />
            {refusal ? <Refused member={member} refusal={refusal} postId={postId} /> : null}
          </ComposeForm>
        )}
      </>
    ),
  });
}

/** What the form is made of, from the database. */
export async function viewOf(c: Context<AppEnv>, member: Member, shown: Shown): Promise<ComposeView> {
  const { db, clock } = c.var.services;
  const { fields, refusal, postId } = shown;
  const isNew = postId === undefined;
  const [accounts, groups, media] = await Promise.all([
    isNew ? listAccounts(db, member.access) : findAccounts(db, member.access, fields.accounts ?? []),
    isNew ? listAccountGroups(db, member.scope.workspaceId) : [],
    findMedia(db, member.scope, [...(fields.media ?? [])]),
  ]);
  const found = shown.found ?? (refusal ? foundIn(refusal) : []);
  return {
    member,
    path: member.at(isNew ? "compose" : `posts/${postId}/edit`),
    sheet: { fields, found },
    isChecked: shown.found !== undefined || refusal !== undefined,
    isNew,
    accounts,
    groups,
    media,
    now: clock(),
  };
}

function Refused({ member, refusal, postId }: { member: Member; refusal: Refusal; postId: string | undefined }) {
  const words = COMPOSE.found;
  if (refusal.code === "version_conflict") {
    return (
      <Notice tone="bad">
        {words.stale} <a href={member.at(`posts/${postId}/edit`)}>{words.reload}</a>
      </Notice>
    );
  }
  // What is wrong with single fields stands there, and how many they are at the end.
  const isWhole = refusal.code !== "validation_error" && refusal.code !== "duplicate_content";
  return (
    <Notice tone="bad">
      {postId === undefined ? words.refused : words.notSaved} {isWhole ? refusal.message : words.seeBelow}
    </Notice>
  );
}

/** Scripts offer here what was written before and not sent. */
function Draft({ isFresh }: { isFresh: boolean }) {
  if (!isFresh) return null;
  return (
    <div class="notice info" id="draft" hidden>
      <div class="row">
        <span>{COMPOSE.draft.kept}</span>
        <button type="button" class="button" id="draft-restore">
          {COMPOSE.draft.restore}
        </button>
        <button type="button" class="button" id="draft-forget">
          {COMPOSE.draft.forget}
        </button>
      </div>
    </div>
  );
}

function NoAccounts({ member }: { member: Member }) {
  return (
    <Empty title={COMPOSE.noAccounts}>
      <p>{COMPOSE.noAccountsAdvice}</p>
      {member.may("accounts:write") && member.access.accountIds === null ? (
        <a class="button primary" href={member.at("accounts")}>
          {COMPOSE.connect}
        </a>
      ) : (
        <p>{COMPOSE.askAdmin}</p>
      )}
    </Empty>
  );
}
