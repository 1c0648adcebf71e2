import { OVERDUE_ACTIONS } from "../../lib/vocabulary.ts";
import type { PauseReport } from "../../post/manual-pauses.ts";
import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Form } from "../frame/components.tsx";
import { Choices } from "../frame/fields.tsx";
import { Time } from "../frame/time.tsx";
import { TimeField } from "../frame/time-field.tsx";
import { ACCOUNTS } from "./strings.ts";

const WORDS = ACCOUNTS.pause;
/** Posts that are named; the number of all is said. */
const NAMED = 10;

/** Whether an account is paused, what that holds, and what is to become of it. */
export function PauseCard(view: {
  member: Member;
  accountId: string;
  report: PauseReport;
  problem: Problem | undefined;
}) {
  const { member, accountId, report, problem } = view;
  const { pause } = report;
  const may = member.may("posts:write");
  if (pause === null || pause.liftedAt !== null) {
    return (
      <Card id="pause" title={WORDS.title} lead={WORDS.running}>
        {may ? (
          <Form action={member.at(`accounts/${accountId}/pause`)} isInline={true}>
            <button type="submit" class="button">
              {WORDS.button}
            </button>
          </Form>
        ) : null}
      </Card>
    );
  }
  return (
    <Card id="pause" title={WORDS.title}>
      <p>
        {WORDS.since} <Time at={pause.pausedAt} zone={member.workspace.timeZone} />.
      </p>
      <Overdue member={member} report={report} />
      {may ? <ResumeForm member={member} path={member.at(`accounts/${accountId}/resume`)} problem={problem} /> : null}
    </Card>
  );
}

function Overdue({ member, report: { overdue, total } }: { member: Member; report: PauseReport }) {
  if (total === 0) return <p>{WORDS.none}</p>;
  return (
    <div>
      <p>{WORDS.overdue(total)}</p>
      <ul>
        {overdue.slice(0, NAMED).map(({ ref, scheduledAt }) => (
          <li>
            <a href={member.at(`posts/${ref.postId}`)}>
              {WORDS.post}, <Time at={scheduledAt} zone={member.workspace.timeZone} />
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ResumeForm({ member, path, problem }: { member: Member; path: string; problem: Problem | undefined }) {
  return (
    <Form action={path}>
      <Choices
        type="radio"
        name="overdue"
        label={WORDS.action}
        error={problemOf(problem, path, "overdue")}
        chosen={[filledIn(problem, path, "overdue", "send")]}
        choices={OVERDUE_ACTIONS.map((value) => ({ value, ...WORDS.actions[value] }))}
      />
      <TimeField
        name="schedule"
        label={WORDS.schedule}
        isOptional={true}
        value={filledIn(problem, path, "schedule", "")}
        error={problemOf(problem, path, "schedule")}
        zone={member.workspace.timeZone}
      />
      <div>
        <button type="submit" class="button primary">
          {WORDS.resume}
        </button>
      </div>
    </Form>
  );
}
