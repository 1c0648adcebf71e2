import type { ProjectedApproval } from "../../db/approvals.ts";
import { PAST_TOLERANCE } from "../../post/timing.ts";
import { filledIn, problemOf } from "../access/form.ts";
import { Card, Confirm, Form, Notice } from "../frame/components.tsx";
import { Field, TextField } from "../frame/fields.tsx";
import { Time } from "../frame/time.tsx";
import type { PostView } from "./post-view.ts";
import { isPending } from "./post-view.ts";
import { POST } from "./strings.ts";
import { Actor } from "./timeline.tsx";

const WORDS = POST.approval;
const MAX_COMMENT = 1_000;

/** How the approval stands, and the word that it waits for. */
export function Approval({ view }: { view: PostView }) {
  const { member, post } = view;
  const { approval } = post;
  if (approval === null) return null;
  const isOwn = approval.requestedBy === member.person.personId;
  const mayDecide = isPending(post) && member.may("approvals:write");
  return (
    <Card id="approval" title={WORDS.title}>
      <Facts view={view} approval={approval} />
      {mayDecide && isOwn ? <p class="soft">{WORDS.own}</p> : null}
      {mayDecide && !isOwn ? (
        <>
          <ApproveForm view={view} />
          <RejectForm view={view} />
        </>
      ) : null}
    </Card>
  );
}

function Facts({ view, approval }: { view: PostView; approval: ProjectedApproval }) {
  const zone = view.member.workspace.timeZone;
  const { state, requestedBy, requestedAt, comment, expiresAt, decidedBy, decidedAt, reason } = approval;
  return (
    <dl class="facts">
      <dt>{WORDS.state}</dt>
      <dd>{WORDS.states[state]}</dd>
      <dt>{WORDS.requested}</dt>
      <dd>
        <Actor view={view} id={requestedBy} />, <Time at={requestedAt} zone={zone} />
      </dd>
      {comment === null ? null : (
        <>
          <dt>{WORDS.comment}</dt>
          <dd class="text">{comment}</dd>
        </>
      )}
      {expiresAt === null || state !== "pending" ? null : (
        <>
          <dt>{WORDS.expires}</dt>
          <dd>
            <Time at={expiresAt} zone={zone} />
          </dd>
        </>
      )}
      {decidedBy === null || decidedAt === null ? null : (
        <>
          <dt>{WORDS.decided}</dt>
          <dd>
            <Actor view={view} id={decidedBy} />, <Time at={decidedAt} zone={zone} />
          </dd>
        </>
      )}
      {reason === null ? null : (
        <>
          <dt>{WORDS.reason}</dt>
          <dd class="text">{reason}</dd>
        </>
      )}
    </dl>
  );
}

function ApproveForm({ view }: { view: PostView }) {
  const { member, post, problem, now } = view;
  const { timeZone } = member.workspace;
  const path = view.at("approve");
  const hasPassed = post.scheduledAt < now - PAST_TOLERANCE;
  return (
    <Form action={path}>
      {hasPassed ? <Notice tone="warn">{WORDS.passed}</Notice> : null}
      <TextField
        name="schedule"
        id="approve-schedule"
        label={hasPassed ? WORDS.newTime : WORDS.schedule}
        hint={(hasPassed ? WORDS.newTimeHint : WORDS.scheduleHint)(timeZone)}
        isOptional={true}
        value={filledIn(problem, path, "schedule", "")}
        error={problemOf(problem, path, "schedule")}
        attributes={{ type: "datetime-local" }}
      />
      <Comment view={view} path={path} name="comment" label={WORDS.note} hint={WORDS.noteHint} />
      <div class="row">
        <button type="submit" class="button primary">
          {hasPassed ? WORDS.approveAt : WORDS.approve}
        </button>
        {hasPassed ? (
          <button type="submit" class="button" name="when" value="now">
            {WORDS.approveNow}
          </button>
        ) : null}
      </div>
    </Form>
  );
}

function RejectForm({ view }: { view: PostView }) {
  const path = view.at("reject");
  return (
    <Confirm label={WORDS.reject} question={WORDS.rejectQuestion} action={path} confirm={WORDS.confirmReject}>
      <Comment view={view} path={path} name="reason" label={WORDS.why} hint={WORDS.whyHint} />
    </Confirm>
  );
}

/** A few words of whoever decides; with the version of the post that they have seen. */
function Comment(field: { view: PostView; path: string; name: string; label: string; hint: string }) {
  const { view, path, name } = field;
  return (
    <>
      <Field
        name={name}
        label={field.label}
        hint={field.hint}
        isOptional={true}
        error={problemOf(view.problem, path, name)}
        control={(tied) => (
          <textarea {...tied} rows={2} maxlength={MAX_COMMENT}>
            {filledIn(view.problem, path, name, "")}
          </textarea>
        )}
      />
      <input type="hidden" name="version" value={String(view.post.version)} />
    </>
  );
}
