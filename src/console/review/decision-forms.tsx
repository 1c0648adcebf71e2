import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import { Card } from "../frame/components.tsx";
import { Field } from "../frame/fields.tsx";
import { REVIEW } from "./strings.ts";

const MAX_COMMENT = 1_000;

interface FormsView {
  /** The address of the link. */
  path: string;
  /** Whether the post's time has passed: approved, it goes out at once. */
  hasPassed: boolean;
  problem: Problem | undefined;
}

/** The two answers, each a form: what only looks at the page, as programs that follow links do, sends neither. */
export function DecisionForms({ path, hasPassed, problem }: FormsView) {
  const [approve, reject] = [`${path}/approve`, `${path}/reject`];
  return (
    <Card id="decide" title={REVIEW.decide} lead={REVIEW.decideLead}>
      <form method="post" action={approve} class="fields">
        <Words name="comment" label={REVIEW.note} path={approve} problem={problem} />
        {hasPassed ? <input type="hidden" name="when" value="now" /> : null}
        <div>
          <button type="submit" class="button primary">
            {hasPassed ? REVIEW.approveNow : REVIEW.approve}
          </button>
        </div>
      </form>
      <details class="confirm" {...(problem?.path === reject && { open: true })}>
        <summary class="button danger">{REVIEW.reject}</summary>
        <div>
          <form method="post" action={reject} class="fields">
            <Words name="reason" label={REVIEW.why} path={reject} problem={problem} isRequired={true} />
            <div>
              <button type="submit" class="button danger">
                {REVIEW.confirmReject}
              </button>
            </div>
          </form>
        </div>
      </details>
    </Card>
  );
}

function Words(view: { name: string; label: string; path: string; problem: Problem | undefined; isRequired?: true }) {
  const { name, label, path, problem, isRequired } = view;
  return (
    <Field
      name={name}
      label={label}
      isOptional={!isRequired}
      error={problemOf(problem, path, name)}
      control={(tied) => (
        <textarea {...tied} rows={3} maxlength={MAX_COMMENT} {...(isRequired && { required: true })}>
          {filledIn(problem, path, name, "")}
        </textarea>
      )}
    />
  );
}
